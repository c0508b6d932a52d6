# Begins a job at the first boot of a machine, and returns at once. Told of:
# user, whose job it is; job, its name; start, the script that begins it.
#
# cloud-init runs this as root, early in every boot, and says which instance it
# is; the login user is not there yet then. A host that says none runs it as
# the user itself.
if [ -z "${INSTANCE_ID:-}" ]; then
	[ ! -e "$HOME/.jupyter-ec2/jobs/$job/name" ] || exit 0
	(eval "$start") </dev/null >/dev/null 2>&1 &
	exit 0
fi
once=/var/lib/cloud/instances/$INSTANCE_ID/sem/jupyter-ec2-$job
mkdir -p "${once%/*}"
mkdir "$once" 2>/dev/null || exit 0

dir=/run/jupyter-ec2-boot
mkdir -p "$dir"
printf '%s\n' "$start" >"$dir/start"
cat >"$dir/wait" <<'END'
# Waits until cloud-init has made the user, its home and its sudo, and begins
# the job as that user.
dir=${0%/*} user=$1
as_user() {
	runuser -u "$user" -- env -i HOME="$home" USER="$user" LOGNAME="$user" SHELL=/bin/sh LANG=C.UTF-8 \
		PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin "$@"
}
tries=0
until home=$(getent passwd "$user" | cut -d: -f6) && [ -n "$home" ] && [ -d "$home" ] && as_user sudo -n true; do
	tries=$((tries + 1))
	[ "$tries" -lt 3000 ] || exit 1
	sleep 0.1
done
as_user sh "$dir/start"
END
chmod 755 "$dir"
chmod 644 "$dir/start" "$dir/wait"
# Without the default dependencies and without waiting for it: else it would
# wait for this boot stage, and this boot stage for it.
if [ -d /run/systemd/system ] && command -v systemd-run >/dev/null &&
	systemd-run --quiet --no-block --collect --unit="jupyter-ec2-boot-$job" --property=DefaultDependencies=no \
		sh "$dir/wait" "$user" </dev/null >/dev/null 2>&1; then
	exit 0
fi
if command -v setsid >/dev/null; then
	setsid sh "$dir/wait" "$user" </dev/null >/dev/null 2>&1 &
else
	nohup sh "$dir/wait" "$user" </dev/null >/dev/null 2>&1 &
fi
