#!/bin/sh
# Which changes of the rules would no test notice? Mutation testing of streams/rules.
#
#     sh bench/mutation.sh [--again] [--jobs N] [MODULE …]      sh bench/mutation.sh machine acts timers
#
# Prints every change that no test noticed and a table by module. Works on a copy of the last commit
# with an environment of its own, since the changes are written into the code; LINLI_MUTATION_DIR
# keeps both and what was found, for --again, which tries only what was not killed before. All of it
# takes about half an hour on a free core; it is no part of the suite.
set -eu
cd "$(dirname "$0")/.."
scratch=${LINLI_MUTATION_DIR:-$(mktemp -d)}
if ! "$scratch/venv/bin/python" -c "import mutmut" 2> /dev/null; then
    python3 -m venv "$scratch/venv"
    "$scratch/venv/bin/pip" install --quiet --require-hashes -r requirements.lock
    # Without what only mutmut's own command needs: it wants a click that Faust does not allow.
    "$scratch/venv/bin/pip" install --quiet --no-deps "mutmut==3.8.1" "libcst==1.9.0"
fi
rm -rf "$scratch/tree"
mkdir -p "$scratch/tree"
git archive HEAD | tar -x -C "$scratch/tree"
cd "$scratch/tree"
exec nice -n 10 "$scratch/venv/bin/python" bench/mutation.py --verdicts "$scratch/verdicts.txt" "$@"
