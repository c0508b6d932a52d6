package hosttest

import (
	"testing"

	"github.com/jupyter-ec2/jupyter-ec2/remote/testhost"
	"github.com/jupyter-ec2/jupyter-ec2/steps"
)

// chattyShell is a login shell that prints text before each command, on both
// streams, as some companies' machines do.
const chattyShell = `
cat >/usr/local/bin/chatty <<'END'
#!/bin/bash
echo 'Welcome to this machine!'
echo 'Use is monitored.' >&2
exec /bin/bash "$@"
END
chmod 755 /usr/local/bin/chatty
echo /usr/local/bin/chatty >>/etc/shells
usermod --shell /usr/local/bin/chatty ubuntu
`

const dropbear = `
ln -sf /dev/null /etc/systemd/system/ssh.service
cat >/etc/systemd/system/dropbear.service <<'END'
[Service]
ExecStartPre=/usr/local/sbin/first-boot
ExecStart=/usr/sbin/dropbear -F -E -s -r /etc/dropbear/ed25519
[Install]
WantedBy=multi-user.target
END
sed -i 's|^ssh-keygen .*|mkdir -p /etc/dropbear; dropbearkey -t ed25519 -f /etc/dropbear/ed25519 >/dev/null|' /usr/local/sbin/first-boot
sed -i 's|^cat .*|dropbearkey -y -f /etc/dropbear/ed25519 \| grep ^ssh- >/var/lib/testhost/console.new|' /usr/local/sbin/first-boot
systemctl enable -q dropbear
`

func sshd(lines string) string {
	return "cat >/etc/ssh/sshd_config.d/test.conf <<'END'\n" + lines + "\nEND\n"
}

// Each SSH server either works, to a cell that was run, or what is wrong with
// it is said plainly.
func TestSSHServers(t *testing.T) {
	t.Parallel() // its parts take turns with all other tests
	for _, c := range []struct {
		name    string
		prepare string
		title   string // of the problem; empty where it must work
	}{
		{name: "only ed25519", prepare: sshd("HostKey /etc/ssh/ssh_host_ed25519_key\nPubkeyAcceptedAlgorithms ssh-ed25519")},
		{name: "only RSA", prepare: sshd("HostKey /etc/ssh/ssh_host_rsa_key")},
		{name: "banner", prepare: sshd("Banner /etc/issue.net") + "printf 'Authorised use only.\\033[31m\\n' >/etc/issue.net\n"},
		{name: "fish", prepare: "usermod --shell /usr/bin/fish ubuntu"},
		{name: "dash", prepare: "usermod --shell /bin/dash ubuntu"},
		{name: "shell that prints", prepare: chattyShell},
		{name: "dropbear", prepare: dropbear},
		{name: "MaxSessions 1", prepare: sshd("MaxSessions 1")},
		{name: "MaxSessions 0", prepare: sshd("MaxSessions 0"), title: "The machine's SSH server runs no command"},
		{name: "AllowTcpForwarding no", prepare: sshd("AllowTcpForwarding no"), title: "The machine's SSH server forbids tunnels"},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newInstalledWorld(t, testhost.Spec{Prepare: c.prepare})
			a := answers(steps.ModeSSH, steps.InstallerUV)
			if c.title == "" {
				w.open(a, nil)
				return
			}
			w.fails(a, c.title)
		})
	}
}

// fails is work that must end with that problem, told in full.
func (w *world) fails(a steps.Answers, title string, said ...string) {
	w.t.Helper()
	_, err := w.work(a, nil)
	p := steps.Explain(err)
	if err == nil || p.Title != title || p.Text == "" || p.Next.Empty() {
		w.t.Errorf("got %+v, want %q", p, title)
	}
	w.t.Logf("%s: %s %s", p.Title, p.Text, p.Next)
	for _, word := range said {
		if !contains(p.Text+" "+p.Next.String(), word) {
			w.t.Errorf("%q is not in %q", word, p.Text+" "+p.Next.String())
		}
	}
}
