# cloudinit.sh TARBALL ROOT WORK builds what hosts with a cloud-init have on top
# of the root filesystem ROOT: cloud-init, configured for EC2, and neither a
# login user nor host keys, which it makes. WORK is a folder for the time of the
# build. The caller holds a lock.
set -eu
tarball=$1 root=$2 work=$3
[ ! -s "$tarball" ] || exit 0
mkdir "$work"
mount -t tmpfs tmpfs "$work"
trap 'umount "$work/merged" 2>/dev/null || :; umount "$work"; rmdir "$work"' EXIT
mkdir "$work/up" "$work/work" "$work/merged"
mount -t overlay overlay -o "lowerdir=$root,upperdir=$work/up,workdir=$work/work" "$work/merged"
cd "$work/merged"

export DEBIAN_FRONTEND=noninteractive
chroot . apt-get -q update
chroot . apt-get -q -y install --no-install-recommends cloud-init
rm -rf var/cache/apt/archives/*.deb var/cache/apt/*.bin var/lib/apt/lists/* usr/share/doc/* usr/share/man/* usr/share/locale/* var/log/*.log var/log/apt
chroot . userdel --remove ubuntu 2>/dev/null
rm -f etc/sudoers.d/90-cloud-init-users etc/systemd/system/ssh.service.d/first-boot.conf usr/local/sbin/first-boot

# The network is there already, the disk cannot grow, and the image has no
# locales; no platform tells that this is EC2.
cat >etc/cloud/cloud.cfg.d/99-testhost.cfg <<'END'
datasource_list: [Ec2]
datasource:
  Ec2: {strict_id: false, apply_full_imds_network_config: false, timeout: 5, max_wait: 20}
network: {config: disabled}
system_info:
  default_user: {name: ubuntu}
locale: false
resize_rootfs: false
growpart: {mode: "off"}
apt: {preserve_sources_list: true}
END
# uv keeps what it downloads for the next host, by whatever environment it is run.
mkdir -p etc/skel/.jupyter-ec2/cache
ln -s /var/cache/testhost/uv etc/skel/.jupyter-ec2/cache/uv
cd /
umount "$work/merged"
# An overlay marks what is removed by devices and attributes.
tar -C "$work/up" --xattrs --xattrs-include='trusted.overlay.*' -c . | zstd -q -T0 -3 -f -o "$tarball.new"
mv "$tarball.new" "$tarball"
