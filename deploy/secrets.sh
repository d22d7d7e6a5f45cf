#!/bin/sh
# Makes what compose.yaml reads from deploy/secrets: a random database password and the address that carries it.
# What is already there stays. The folder is closed to others; the files are not, because Compose hands them to the
# containers' own users as they are.
set -eu

folder=$(cd "$(dirname "$0")" && pwd)/secrets
mkdir -p "$folder"
chmod 700 "$folder"
if [ ! -s "$folder/postgres_password" ]; then
    od -An -N24 -tx1 /dev/urandom | tr -d ' \n' >"$folder/postgres_password"
    printf 'postgresql+psycopg://wim:%s@postgres:5432/wim' "$(cat "$folder/postgres_password")" >"$folder/database_url"
    echo "made $folder/postgres_password and database_url"
fi
if [ ! -e "$folder/tokens.toml" ]; then
    : >"$folder/tokens.toml"
    echo "made an empty $folder/tokens.toml: nobody may use the API yet; \`wim tokens new\` makes entries"
fi
