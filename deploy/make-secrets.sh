#!/bin/sh
# Writes .env with a random value for every secret that docker-compose.yml asks for; never overwrites one.
set -eu
cd "$(dirname "$0")/.."
if [ -e .env ]; then
    echo ".env is there already; remove a line to have it made anew" >&2
else
    (umask 077 && : > .env)
fi
sed -n 's/.*\${\(LINLI_[A-Z_]*\):?.*/\1/p' docker-compose.yml | sort -u | while read -r name; do
    grep -q "^$name=" .env || printf '%s=%s\n' "$name" "$(od -An -N24 -tx1 /dev/urandom | tr -d ' \n')" >> .env
done
echo "secrets are in $(pwd)/.env"
