# Prints the last install job's log: its last JE_LINES lines, and with
# JE_FOLLOW=1 what is added until the job's end. A word now and then finds out
# that nobody listens.
echo
echo 'jupyter-ec2: the log follows'
# shellcheck disable=SC2012 # the names are the program's own
log=$(ls -t "$HOME"/.jupyter-ec2/jobs/install-*/log 2>/dev/null | head -n 1)
[ -n "$log" ] || exit 0
dir=${log%/*}
size=$(wc -c <"$log")
off=$((size + 0))
head -c "$off" "$log" | tail -n "$JE_LINES"
[ "$JE_FOLLOW" = 1 ] || exit 0
polls=0
while :; do
	over=0
	if [ -e "$dir/status" ]; then
		over=1
	elif read -r pid _ <"$dir/pid" && ! kill -0 "$pid" 2>/dev/null; then
		over=1 # it vanished, as at a reboot
	fi
	size=$(wc -c <"$log")
	[ "$size" -ge "$off" ] || off=0 # another run began
	if [ "$size" -gt "$off" ]; then
		tail -c +$((off + 1)) "$log" | head -c $((size - off)) || exit 1
		off=$((size + 0))
	fi
	[ "$over" = 0 ] || exit 0
	[ $((polls % 50)) != 49 ] || echo >&2 || exit 1
	polls=$((polls + 1))
	sleep 0.2 2>/dev/null || sleep 1
done
