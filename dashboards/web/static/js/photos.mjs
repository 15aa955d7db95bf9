// Photos shrink before they are sent: a phone on a weak line sends a tenth of what its camera took, and
// without the place. What this browser cannot open goes as it is, and the server answers for it.
const EDGE = 2560;
const QUALITY = 0.85;
const SMALL = 600_000;

export function start() {
  document.addEventListener("change", async (event) => {
    const input = event.target;
    if (!input.matches?.("[data-photos]") || !input.files.length) return;
    const button = input.form.querySelector("button:not([type=button])");
    button.disabled = true;
    try {
      const made = new DataTransfer();
      for (const file of input.files) made.items.add(await shrunk(file));
      input.files = made.files;
      const said = input.closest("fieldset").querySelector("[data-photos-said]");
      const bytes = [...made.files].reduce((sum, file) => sum + file.size, 0);
      said.textContent = said.dataset.photosSaid.replace("{size}", `${(bytes / 1_048_576).toFixed(1)} MB`);
    } finally {
      button.disabled = false;
    }
  });
}

async function shrunk(file) {
  if (file.size < SMALL) return file;
  let bitmap;
  try {
    bitmap = await createImageBitmap(file);
  } catch {
    return file;
  }
  const share = Math.min(1, EDGE / Math.max(bitmap.width, bitmap.height));
  const canvas = document.createElement("canvas");
  canvas.width = Math.round(bitmap.width * share);
  canvas.height = Math.round(bitmap.height * share);
  canvas.getContext("2d").drawImage(bitmap, 0, 0, canvas.width, canvas.height);
  bitmap.close();
  const blob = await new Promise((done) => canvas.toBlob(done, "image/jpeg", QUALITY));
  return blob && blob.size < file.size ? new File([blob], file.name.replace(/\.\w+$/, ".jpg"), { type: "image/jpeg" }) : file;
}
