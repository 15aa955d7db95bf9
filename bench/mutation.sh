#!/bin/sh
# Which changes of the rules would no test notice? Mutation testing of streams/rules with mutmut.
#
#     sh bench/mutation.sh [MODULE …]        sh bench/mutation.sh machine acts timers
#
# Works on a copy of the last commit in a directory of its own, with an environment of its own, since
# mutmut rewrites what it tests. Prints the share killed and every survivor. Takes from minutes (one
# module) to an hour (all); it is no part of the suite.
set -eu
cd "$(dirname "$0")/.."
scratch=${LINLI_MUTATION_DIR:-$(mktemp -d)}
python3 -m venv "$scratch/venv"
"$scratch/venv/bin/pip" install --quiet --require-hashes -r requirements.lock
"$scratch/venv/bin/pip" install --quiet "mutmut==3.8.1"
mkdir -p "$scratch/tree"
git archive HEAD | tar -x -C "$scratch/tree"
cd "$scratch/tree"
if [ $# -gt 0 ]; then
    wanted=$(printf '"streams/rules/%s.py", ' "$@")
    sed -i "s|^only_mutate = .*|only_mutate = [$wanted]|" pyproject.toml
fi
"$scratch/venv/bin/mutmut" run --max-children "${LINLI_MUTATION_JOBS:-2}" || true
"$scratch/venv/bin/mutmut" results
echo "the tree with its mutants is $scratch/tree (mutmut show NAME there shows a survivor)"
