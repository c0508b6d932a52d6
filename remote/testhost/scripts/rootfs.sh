# rootfs.sh TARBALL RELEASE builds a root filesystem of hosts: a Debian as a
# cloud image is, with systemd, OpenSSH, sudo, apt, a user ubuntu, and no host
# keys yet; and the other shells and SSH servers that tests ask for. The caller
# holds a lock.
set -eu
tarball=$1 release=$2
[ ! -s "$tarball" ] || exit 0
root=$tarball.root
rm -rf --one-file-system "$root"
trap 'rm -rf --one-file-system "$root"' EXIT
include=systemd,systemd-sysv,dbus,libpam-systemd,openssh-server,sudo,python3,iproute2
include=$include,ca-certificates,procps,netbase,curl,fish,dropbear-bin
debootstrap --variant=minbase --include="$include" "$release" "$root" http://deb.debian.org/debian
rm -rf "$root"/var/cache/apt/archives/*.deb "$root"/var/lib/apt/lists/* "$root"/etc/ssh/ssh_host_*
rm -rf "$root"/usr/share/doc/* "$root"/usr/share/man/* "$root"/usr/share/locale/*
: >"$root/etc/machine-id"
rm -f "$root/etc/resolv.conf"

chroot "$root" useradd --create-home --uid 1000 --shell /bin/bash ubuntu
echo 'ubuntu ALL=(ALL) NOPASSWD:ALL' >"$root/etc/sudoers.d/90-cloud-init-users"
install -d -o 1000 -g 1000 -m 700 "$root/home/ubuntu/.ssh"

# Nothing updates the host behind a test's back.
for unit in apt-daily.timer apt-daily-upgrade.timer dpkg-db-backup.timer e2scrub_all.timer fstrim.timer; do
	ln -sf /dev/null "$root/etc/systemd/system/$unit"
done

# The host keys are made at the first boot, and printed where a console would
# show them.
mkdir -p "$root/etc/systemd/system/ssh.service.d" "$root/var/lib/testhost"
cat >"$root/usr/local/sbin/first-boot" <<'END'
#!/bin/sh
set -e
[ ! -e /var/lib/testhost/console ] || exit 0
# The RSA key by itself: that of -A takes a second.
ssh-keygen -q -t rsa -b 2048 -N '' -f /etc/ssh/ssh_host_rsa_key && ssh-keygen -q -A
cat /etc/ssh/ssh_host_*_key.pub >/var/lib/testhost/console.new
mv /var/lib/testhost/console.new /var/lib/testhost/console
END
chmod 755 "$root/usr/local/sbin/first-boot"
printf '[Service]\nExecStartPre=\nExecStartPre=/usr/local/sbin/first-boot\nExecStartPre=/usr/sbin/sshd -t\n' \
	>"$root/etc/systemd/system/ssh.service.d/first-boot.conf"

tar -C "$root" -c . | zstd -q -T0 -3 -f -o "$tarball.new"
mv "$tarball.new" "$tarball"
