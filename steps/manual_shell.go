package steps

import (
	"cmp"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/jupyter-ec2/jupyter-ec2/steps/problem"
)

// What is typed in another way in another shell. PowerShell 5 drops empty words
// and the quotes within one, which 7 passes on; what follows --% both leave as
// it is. Its > writes UTF-16 with Windows' line ends, which ssh reads in no key.

// toKeyFile has what a command prints written to the key's file.
func (m manual) toKeyFile(command string) string {
	if m.sh == problem.PowerShell {
		return "[IO.File]::WriteAllText(" + m.sh.Value(m.keyPath()) + ", ((" + command + ") -join \"`n\") + \"`n\")"
	}
	return command + " > " + m.sh.Path(m.keyPath())
}

// toPublicFile has what a command prints written to key.pub.
func (m manual) toPublicFile(command string) string {
	if m.sh == problem.PowerShell {
		return command + " | Set-Content -Encoding ascii key.pub"
	}
	return command + " > key.pub"
}

// pickKey prints one of the agent's keys, which may hold several: the chosen
// one goes by its fingerprint.
func (m manual) pickKey(fingerprint string) string {
	if m.sh == problem.PowerShell {
		return "ssh-add -L | Where-Object { ($_ | ssh-keygen -lf -) -like " + m.sh.Value("*"+fingerprint+"*") + " }"
	}
	return "ssh-add -L | while read -r k; do echo \"$k\" | ssh-keygen -lf - | grep -qF " + m.sh.Quote(fingerprint) + " && echo \"$k\"; done"
}

// makeKey makes a key without a passphrase.
func (m manual) makeKey() string {
	if m.sh == problem.PowerShell {
		return `ssh-keygen --% -t ed25519 -N "" -f "` + m.keyPath() + `"`
	}
	return "ssh-keygen -t ed25519 -N '' -f " + m.sh.Path(m.keyPath())
}

// ssh is the line that logs in, checked against the pinned host key.
func (m manual) ssh(flags ...string) string {
	cmd, _ := m.login("ssh", "-p")
	for _, f := range flags {
		cmd += " " + f
	}
	return cmd + " " + m.there()
}

// project is the line that brings the project's folder to the machine.
func (m manual) project() []string {
	if m.Project == "" {
		return nil
	}
	cmd, path := m.login("scp", "-P")
	return []string{cmd + " -rp " + path(m.Project) + " " + m.there() + ":"}
}

// there is whom the lines log in as, and where.
func (m manual) there() string { return "ubuntu@" + m.sh.Quote(cmp.Or(m.s.PublicAddr, "PUBLIC-DNS")) }

// login begins the line of one of OpenSSH's programs, which has its own option
// for the port, and says how a path is written further on.
func (m manual) login(cmd, portOption string) (line string, path func(string) string) {
	known := ""
	if m.s.Resources.InstanceID != "" {
		known = m.s.KnownHosts
	}
	path, option := m.sh.Path, m.knownHosts
	if m.sh == problem.PowerShell && strings.ContainsAny(fromHome(known), " \t") {
		// The value needs quotes of its own, so that all words are given as they are.
		cmd, path, option = cmd+" --%", asIs, func(path string) string { return asIs(`UserKnownHostsFile=\"` + path + `\"`) }
	}
	if m.Key.Source != KeyAgent {
		cmd += " -i " + path(m.keyPath())
	}
	if m.s.SSHPort != 0 && m.s.SSHPort != 22 {
		cmd += fmt.Sprintf(" %s %d", portOption, m.s.SSHPort)
	}
	if known != "" {
		cmd += " -o HostKeyAlias=" + m.s.Resources.InstanceID + " -o " + option(known)
	}
	return cmd, path
}

// knownHosts is the option that names the pinned host keys. ssh takes its value
// apart at spaces once more ("~/Library/Application Support" has one), and
// makes a ~ whole again.
func (m manual) knownHosts(path string) string {
	switch {
	case m.sh == problem.PowerShell:
		return m.sh.Quote("UserKnownHostsFile=" + fromHome(path))
	case !strings.ContainsAny(path, " \t"):
		return "UserKnownHostsFile=" + m.sh.Path(path)
	}
	return "UserKnownHostsFile=" + m.sh.Quote(`"`+strings.ReplaceAll(path, `"`, `\"`)+`"`)
}

// fromHome is a path with a ~ for the home folder, in which there is often a
// space on Windows, and with slashes, which ssh takes there too.
func fromHome(path string) string {
	if rest, ok := problem.InHome(path); ok {
		return "~/" + filepath.ToSlash(rest)
	}
	return filepath.ToSlash(path)
}

// asIs is a word of a command line of Windows: no path has a quote in it there.
func asIs(word string) string { return `"` + word + `"` }
