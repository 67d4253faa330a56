# shellcheck shell=bash
# For scripts that run an engine of their own: `source` it. The caller has `die MESSAGE`.
#
#   engine_start PROGRAM [OPTION…]   starts it on a free port with data in $work; sets $work, $engine (its process) and $endpoint,
#                          and stops it and removes $work at the script's end, however that comes
#   helpers                processes to be stopped before the engine, the last one first
engine=
helpers=()
endpoint=
work=

# A port of this machine's loopback that is free now.
free_port() {
  python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}

engine_stop() {
  local status=$?
  trap - EXIT INT TERM
  local i
  for ((i = ${#helpers[@]} - 1; i >= 0; i--)); do
    kill "${helpers[i]}" 2>/dev/null || true
    wait "${helpers[i]}" 2>/dev/null || true
  done
  if [ -n "$engine" ]; then
    kill "$engine" 2>/dev/null || true
    wait "$engine" 2>/dev/null || true
  fi
  if [ "$status" -ne 0 ] && [ -s "$work/engine.log" ]; then
    printf 'what the engine warned of:\n' >&2
    grep -E "^([^ ]+ (warning|error|critical) |cumulet up: )" "$work/engine.log" | tail -n 15 >&2 || true  # it may have had nothing to say
  fi
  rm -rf "$work"
  exit "$status"
}

engine_start() {
  work=$(mktemp -d "${TMPDIR:-/tmp}/cumulet-script.XXXXXX")
  trap engine_stop EXIT
  trap 'exit 130' INT
  trap 'exit 143' TERM
  : > "$work/ready"
  local program=$1
  shift
  "$program" up --port 0 --data "$work/data" "$@" > "$work/ready" 2> "$work/engine.log" &
  engine=$!
  for _ in $(seq 300); do
    endpoint=$(grep -m 1 -o 'http://[^ ]*' "$work/ready" || true)
    [ -z "$endpoint" ] || return 0
    kill -0 "$engine" 2>/dev/null || die "the engine did not start"
    sleep 0.05
  done
  die "the engine did not get ready within 15 s"
}
