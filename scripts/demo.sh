#!/usr/bin/env bash
# FaceBlur from nothing: installs what is missing, builds, starts an engine of its own, deploys FaceBlur from its
# template, sends a video through it and puts the result into out/.
#
#   scripts/demo.sh [VIDEO]                     (default: samples/faces.mp4; .mp4 or .mov)
#   scripts/demo.sh --polybot                   FaceBlur and PolyBot, a chat page in the browser, and the bot; until Ctrl-C
#   scripts/demo.sh --polybot --once [VIDEO]    sends the video through the chat and ends when it came back blurred
#
# Exit status 0 only when the blurred video is there and whole, and a look at each of its frames finds no face. CUMULET_BUILD names a build folder to use as it is.
set -euo pipefail
cd "$(dirname "$0")/.."

say() { printf '\n== %s\n' "$*"; }
die() { printf 'demo: %s\n' "$*" >&2; exit 1; }

polybot='' once=''
while [ $# -gt 0 ]; do
  case $1 in
    -h | --help) sed -n '2,10s/^# \{0,1\}//p' "$0"; exit 0 ;;
    --polybot) polybot=1 ;;
    --once) once=1 ;;
    -*) die "there is no option $1 (--help says what there is)" ;;
    *) break ;;
  esac
  shift
done
[ -z "$once" ] || [ -n "$polybot" ] || die "--once goes with --polybot"
video=${1:-samples/faces.mp4}
[ -f "$video" ] || die "there is no file $video"
case "${video,,}" in *.mp4 | *.mov) ;; *) die "$video is neither .mp4 nor .mov" ;; esac

build=${CUMULET_BUILD:-}
if [ -z "$build" ]; then
  say "install and build"
  scripts/setup.sh
  build=build/release
fi
build=$(cd "$build" && pwd)
export PATH="$build/bin:$PATH"

say "engine"
# shellcheck source=scripts/engine.sh
source scripts/engine.sh
engine_start cumulet
cat "$work/ready"
printf 'In another terminal: export CUMULET_ENDPOINT=%s   # then build/release/bin/cumulet status, trace, logs reach it while it runs\n' "$endpoint"
# Every client below goes to this engine, whatever the caller's environment says.
unset CUMULET_ENDPOINT CUMULET_DATA CUMULET_ROOT_ACCESS_KEY_ID CUMULET_ROOT_SECRET_ACCESS_KEY AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY AWS_SESSION_TOKEN AWS_PROFILE AWS_REGION AWS_DEFAULT_REGION
for name in $(compgen -e AWS_ENDPOINT_URL || true); do unset "$name"; done
eval "$(cumulet env --endpoint "$endpoint" 2>/dev/null)"

# template NAME FOLDER: the path of an application's template, with the packages of this build.
template_of() {
  local template=apps/$1/template.yaml
  if [ "$build" != "$PWD/build/release" ]; then  # the template's packages are the release build's
    mkdir -p "$work/$1"
    [ ! -f "apps/$1/state_machine.json" ] || cp "apps/$1/state_machine.json" "$work/$1/"
    sed "s#\.\./\.\./build/release/#$build/#" "$template" > "$work/$1/template.yaml"
    template=$work/$1/template.yaml
  fi
  printf '%s\n' "$template"
}
output() { awk -v name="$1" '$1 == name {print $2}' "$work/deploy"; }

# The result must be a video that decodes to its end, of the source's length.
check_result() {
  [ -s "$result" ] || die "the result is not there"
  if command -v ffmpeg > /dev/null && command -v ffprobe > /dev/null; then
    errors=$(ffmpeg -v error -xerror -i "$result" -f null - 2>&1) || die "the result does not decode: $errors"
    awk -v a="$(seconds "$video")" -v b="$(seconds "$result")" 'BEGIN { exit !(a - b < 0.2 && b - a < 0.2) }' ||
      die "the result lasts $(seconds "$result") s, the source $(seconds "$video") s"
    printf 'checked    it decodes to its end and lasts %s s\n' "$(seconds "$result")"
  else
    printf 'checked    it is there; ffmpeg, which would check the frames, is not\n'
  fi
  cumulet-vision faces "$result" > "$work/shown" 2>/dev/null ||
    die "the result was not found to be free of faces: $(head -n 1 "$work/shown")"
  printf 'checked    no frame of it shows a face to %s\n' "$(cumulet-vision detector | sed 's/^detector: //')"
}
seconds() { ffprobe -v error -show_entries format=duration -of csv=p=0 "$1"; }

if [ -n "$polybot" ]; then
  # shellcheck source=scripts/demo_polybot.sh
  source scripts/demo_polybot.sh
  exit 0
fi

say "deploy"
cumulet deploy "$(template_of faceblur)" --stack faceblur | tee "$work/deploy"
input_bucket=$(output InputBucketName)
output_bucket=$(output OutputBucketName)
[ -n "$input_bucket$output_bucket" ] || die "the template has no bucket outputs"

say "video"
mkdir -p out
faceblur-watch "$video" "$input_bucket" "$output_bucket" --out out | tee "$work/watched"
result=$(sed -n 's/^result  *//p' "$work/watched")
check_result
