# Prints the last JE_LINES lines of the last install job's log.
echo
echo 'jupyter-ec2: the log follows'
# shellcheck disable=SC2012 # the names are the program's own
log=$(ls -t "$HOME"/.jupyter-ec2/jobs/install-*/log 2>/dev/null | head -n 1)
[ -n "$log" ] || exit 0
tail -n "$JE_LINES" "$log"
