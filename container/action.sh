#!/usr/bin/env bash
# What action.yml runs: installs Papertape into an environment of its own, starts a station that
# stays until the job ends, waits until programs can connect, and writes the outputs.
set -euo pipefail
source=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
place=${RUNNER_TEMP:?}/papertape
python=${PAPERTAPE_ACTION_PYTHON:-python3}
seconds=${PAPERTAPE_ACTION_TIMEOUT:-60}
mkdir -p "$place"

if [ -z "${PAPERTAPE_ACTION_COMMAND:-}" ]; then
    "$python" -m venv "$place/env"
    inside=$place/env/bin/python
    [ -x "$inside" ] || inside=$place/env/Scripts/python.exe
    "$inside" -m pip install --quiet --disable-pip-version-check "$source[server]"
else # an installed one
    inside=$PAPERTAPE_ACTION_COMMAND
fi

read -r -a arguments <<<"${PAPERTAPE_ACTION_ARGUMENTS:-}"
ready=$place/ready.json
log=$place/station.log
rm -f "$ready"
nohup "$inside" -m papertape serve --port "${PAPERTAPE_ACTION_PORT:-0}" --ephemeral \
    --wait-file "$ready" ${arguments[@]+"${arguments[@]}"} >"$log" 2>&1 </dev/null &
station=$!

for ((waited = 0; waited < seconds * 10; waited++)); do
    [ -s "$ready" ] && break
    if ! kill -0 "$station" 2>/dev/null; then
        cat "$log" >&2
        echo "::error::the station ended: $(tail -n 1 "$log")"
        exit 1
    fi
    sleep 0.1
done
if ! [ -s "$ready" ]; then
    kill "$station"
    cat "$log" >&2
    echo "::error::the station was not ready within $seconds seconds"
    exit 1
fi

"$inside" - "$ready" "$log" >>"${GITHUB_OUTPUT:?}" <<'EOF'
import json, sys

ready = json.load(open(sys.argv[1], encoding="utf-8"))
for name in ("host", "port", "control"):
    print(f"{name}={ready[name]}")
print(f"log={sys.argv[2]}")
EOF
cat "$log"
