# shellcheck shell=bash disable=SC2154
# The part of scripts/demo.sh that is PolyBot: `source`d there, with an engine running, whose chat stands in Telegram's place.
# $once: a test's way through.
command -v yt-dlp > /dev/null || printf 'demo: yt-dlp is not installed: names and links will not work, videos will\n' >&2

say "chat"
page=$endpoint/_cumulet/chat/
bot_api=$endpoint/_cumulet/bot  # functions reach it there too, as they reach the engine
token=$(python3 -c 'import json, sys, urllib.request; print(json.load(urllib.request.urlopen(sys.argv[1]))["bot"]["token"])' "${page}api/changes") ||
  die "the chat does not answer"
echo "$page"

say "deploy"
cumulet deploy "$(template_of polybot)" --stack polybot --parameter "TelegramToken=$token" \
  --parameter "TelegramApiUrl=$bot_api" | tee "$work/deploy"
queue=$(output WorkQueueName) bucket=$(output VideosBucketName) results=$(output ResultsQueueArn)
cumulet deploy "$(template_of faceblur)" --stack faceblur --parameter "ResultQueueArn=$results"

say "bot"
printf '%s\n' "$token" > "$work/.telegramToken"
printf '{"aws_region": "us-east-1", "bot_to_worker_queue_name": "%s", "videos_bucket": "%s", "telegram_api_url": "%s", "state_folder": "%s"}\n' \
  "$queue" "$bucket" "$bot_api" "$work/bot" > "$work/config.json"
(cd "$work" && exec env -u TELEGRAM_TOKEN -u TELEGRAM_API_URL -u VIDEOS_BUCKET -u BOT_TO_WORKER_QUEUE_NAME polybot) > "$work/bot.log" &
helpers+=($!)
for _ in $(seq 200); do
  grep -q 'the bot listens' "$work/bot.log" && break
  kill -0 "${helpers[-1]}" 2> /dev/null || die "the bot did not start"
  sleep 0.05
done
grep 'the bot listens' "$work/bot.log" || die "the bot did not get ready within 10 s"

if [ -z "$once" ]; then
  trap 'printf "\nstopped\n"; exit 0' INT TERM  # before Ctrl-C is offered
  say "talk to it at $page"
  echo "Write the name of a video or a link, or drop a video onto the page. Ctrl-C ends it all."
  if [ -n "${DISPLAY:-}${WAYLAND_DISPLAY:-}" ] && command -v xdg-open > /dev/null; then
    xdg-open "$page" > /dev/null 2>&1 || true
  fi
  wait -n "$engine" "${helpers[@]}" || true
  tail -n 5 "$work/bot.log" >&2
  die "something of it has ended"
fi

say "video"
mkdir -p out
result=out/polybot-$(basename "$video")
rm -f "$result"
# The person's side: drops the video, tells what the bot says, takes the video that answers it.
python3 - "$page" "$bot_api" "$token" "$video" "$result" << 'PERSON' || die "no blurred video came back"
import json, os, sys, time, urllib.parse, urllib.request
page, bot_api, token, video, result = sys.argv[1:]

def call(url, data=None, kind="application/json"):
    request = urllib.request.Request(url, data, {"Content-Type": kind} if data is not None else {})
    with urllib.request.urlopen(request, timeout=60) as answer:
        return json.load(answer)

chat = call(page + "api/chats", json.dumps({"name": "demo"}).encode())["id"]
query = urllib.parse.urlencode({"name": os.path.basename(video)})
sent = call(f"{page}api/chats/{chat}/files?{query}", open(video, "rb").read(), "video/quicktime" if video.lower().endswith(".mov") else "video/mp4")
print("sent      ", os.path.basename(video), flush=True)
# What the bot says while all goes well; anything else tells why it does not.
under_way = ("Your message is being processed", "Waiting", "Fetching", "Blurring", "Sending")
told, failed, end = {}, False, time.time() + 600
while time.time() < end and not failed:
    for message in call(f"{page}api/chats/{chat}/messages")["messages"]:
        text = message.get("text", "")
        if not message["from"]["is_bot"]:
            continue
        if text and told.get(message["message_id"]) != text:
            told[message["message_id"]] = text
            print("bot       ", text, flush=True)
        if text and not text.startswith(under_way):
            failed = True
        if "video" in message and message["reply_to_message"]["message_id"] == sent["message_id"]:
            path = call(f"{bot_api}/bot{token}/getFile?file_id=" + urllib.parse.quote(message["video"]["file_id"]))["result"]["file_path"]
            with urllib.request.urlopen(f"{bot_api}/file/bot{token}/{path}", timeout=60) as content, open(result, "wb") as out:
                out.write(content.read())
            print("result    ", result, flush=True)
            sys.exit(0)
    time.sleep(0.2)
sys.exit(1 if failed else "nothing came back within ten minutes")
PERSON
check_result
