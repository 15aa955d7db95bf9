// The call-back's questions by digit: a digit answers the first question that has no answer yet, so that
// "1 1 2" is a whole call. The form is looked up at each key, since another call brings another one.
const form = () => document.querySelector("[data-answers]");
const fields = () => [...(form()?.querySelectorAll("fieldset") ?? [])];
const chosen = (field) => field.querySelector("input:checked");

function answer(number) {
  const open = fields().find((field) => !chosen(field));
  const choice = open?.querySelectorAll("input[type=radio]")[number - 1];
  if (!choice) return;
  choice.checked = true;
  settle();
}

// Where the answers are complete the button is next; a reporter who is not content says why first.
function settle() {
  const values = fields().map((field) => chosen(field)?.value);
  const [contacted, solved, satisfied] = values;
  if (contacted === "no") form().querySelector("button").focus();
  else if (!values.includes(undefined)) {
    const unhappy = solved === "no" || satisfied === "dissatisfied";
    form().querySelector(unhappy ? "textarea" : "button").focus();
  }
}

function again() {
  for (const input of form()?.querySelectorAll("input[type=radio]") ?? []) input.checked = false;
}

export function actions() {
  const digits = [1, 2, 3, 4].map((number) => [`answer${number}`, () => answer(number)]);
  return {
    ...Object.fromEntries(digits),
    again,
    book: () => document.querySelector("[data-book]")?.focus(),
    reveal: () => document.querySelector("[data-reveal]")?.requestSubmit(),
  };
}
