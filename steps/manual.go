package steps

import (
	"fmt"
	"os"
	"strings"

	"github.com/jupyter-ec2/jupyter-ec2/remote/jupyter"
)

// Manual answers the commands a person would have typed by hand at a step.
// What is not known yet stands as a word in capitals. s may be nil.
func Manual(id StepID, a Answers, s *Setup) []string {
	m := typed{Answers: a}
	if s != nil {
		m.s = *s
	}
	switch id {
	case StepAccount:
		return m.account()
	case StepMachine:
		return m.machine()
	case StepKey:
		return m.key()
	case StepLaunch:
		return m.launch()
	case StepConnect:
		return []string{m.ssh()}
	case StepInstall:
		return jupyter.InstallCommands(jupyter.Installer(a.Installer), a.Release)
	case StepServe:
		return []string{m.serve()}
	case StepMode, StepOpen:
		return m.open()
	default:
		return nil
	}
}

// commands is the whole guide as typed by hand, for the review.
func commands(a Answers) []string {
	var out []string
	for _, id := range []StepID{StepKey, StepLaunch, StepConnect, StepInstall, StepServe, StepOpen} {
		out = append(out, Manual(id, a, nil)...)
	}
	return out
}

// typed builds command lines from what is known of a setup so far.
type typed struct {
	Answers
	s Setup
}

func or(value, placeholder string) string {
	if value == "" {
		return placeholder
	}
	return value
}

// aws is the command's beginning with the profile and region in force.
func (m typed) aws(rest string) string {
	cmd := "aws"
	if m.Profile != "" && m.Profile != "sandbox" {
		cmd += " --profile " + quote(m.Profile)
	}
	if m.Region != "" {
		cmd += " --region " + m.Region
	}
	return cmd + " " + rest
}

func (m typed) account() []string {
	return []string{m.aws("sts get-caller-identity"), m.aws("ec2 describe-regions --all-regions")}
}

func (m typed) machine() []string {
	size := "gp3"
	if m.Release == "20.04" || m.Release == "22.04" {
		size = "gp2"
	}
	return []string{
		m.aws(fmt.Sprintf("ssm get-parameter --name /aws/service/canonical/ubuntu/server/%s/stable/current/amd64/hvm/ebs-%s/ami-id", or(m.Release, DefaultRelease), size)),
		m.aws("ec2 describe-instance-types --instance-types " + or(m.Type, DefaultType)),
	}
}

func (m typed) pair() string {
	return or(or(m.s.Resources.KeyPairName, m.Key.PairName), "jupyter-ec2-"+or(m.Name, "NAME"))
}

func (m typed) keyPath() string {
	return or(or(m.s.Resources.KeyPath, m.Key.Path), "KEY.pem")
}

func (m typed) key() []string {
	switch m.Key.Source {
	case KeyCreate:
		return []string{
			m.aws("ec2 create-key-pair --key-type ed25519 --key-name " + m.pair() + " --query KeyMaterial --output text > " + quotePath(m.keyPath())),
			"chmod 400 " + quotePath(m.keyPath()),
		}
	case KeyFile:
		return []string{
			"chmod 400 " + quotePath(m.keyPath()),
			"ssh-keygen -y -f " + quotePath(m.keyPath()) + " > key.pub",
			m.aws("ec2 import-key-pair --key-name " + m.pair() + " --public-key-material fileb://key.pub"),
		}
	case KeyAgent:
		return []string{"ssh-add -L > key.pub", m.aws("ec2 import-key-pair --key-name " + m.pair() + " --public-key-material fileb://key.pub")}
	default:
		return []string{
			"ssh-keygen -t ed25519 -N '' -f " + quotePath(m.keyPath()),
			"chmod 400 " + quotePath(m.keyPath()),
			m.aws("ec2 import-key-pair --key-name " + m.pair() + " --public-key-material " + quote("fileb://"+m.keyPath()+".pub")),
		}
	}
}

func (m typed) launch() []string {
	group := or(m.s.Resources.GroupID, "sg-ID")
	out := []string{m.aws("ec2 create-security-group --group-name " + or(m.s.Resources.GroupName, "jupyter-ec2-"+or(m.Name, "NAME")) + " --description Jupyter")}
	for _, p := range m.Mode.ports() {
		out = append(out, m.aws(fmt.Sprintf("ec2 authorize-security-group-ingress --group-id %s --protocol tcp --port %d --cidr MY-ADDRESS/32", group, p)))
	}
	return append(out, m.aws(fmt.Sprintf(
		"ec2 run-instances --image-id %s --instance-type %s --key-name %s --security-group-ids %s --metadata-options HttpTokens=required",
		or(m.s.Resources.ImageID, "ami-ID"), or(m.Type, DefaultType), m.pair(), group)))
}

// ssh is the line that logs in, checked against the pinned host key.
func (m typed) ssh(flags ...string) string {
	cmd := "ssh"
	if m.Key.Source != KeyAgent {
		cmd += " -i " + quotePath(m.keyPath())
	}
	if m.s.SSHPort != 0 && m.s.SSHPort != 22 {
		cmd += fmt.Sprintf(" -p %d", m.s.SSHPort)
	}
	if m.s.Resources.InstanceID != "" && m.s.KnownHosts != "" {
		cmd += " -o HostKeyAlias=" + m.s.Resources.InstanceID + " -o UserKnownHostsFile=" + quotePath(m.s.KnownHosts)
	}
	for _, f := range flags {
		cmd += " " + f
	}
	return cmd + " ubuntu@" + or(m.s.PublicAddr, "PUBLIC-DNS")
}

func (m typed) serverPort() int {
	if m.s.ServerPort != 0 {
		return m.s.ServerPort
	}
	return ServerPort
}

func (m typed) serve() string {
	switch m.Mode {
	case ModeHTTP:
		return "jupyter notebook --no-browser --ip=" + or(m.s.PrivateIP, "PRIVATE-IP")
	case ModeGateway:
		return "jupyter kernelgateway --ip=" + or(m.s.PrivateIP, "PRIVATE-IP")
	default:
		return "jupyter notebook --no-browser"
	}
}

func (m typed) scheme() string {
	if m.NoTLS || m.Mode == ModeSSH {
		return "http"
	}
	return "https"
}

func (m typed) open() []string {
	switch m.Mode {
	case ModeHTTP:
		return []string{fmt.Sprintf("%s://%s:%d/?token=TOKEN", m.scheme(), or(m.s.PublicAddr, "PUBLIC-DNS"), m.serverPort())}
	case ModeGateway:
		url := fmt.Sprintf("%s://%s:%d", m.scheme(), or(m.s.PublicAddr, "PUBLIC-DNS"), m.serverPort())
		return []string{url + "/api/kernelspecs", "jupyter notebook --gateway-url=" + url}
	default:
		local := ServerPort
		if m.s.LocalPort != 0 {
			local = m.s.LocalPort
		}
		return []string{
			m.ssh(fmt.Sprintf("-NL %d:localhost:%d", local, m.serverPort())),
			fmt.Sprintf("http://localhost:%d/?token=TOKEN", local),
		}
	}
}

// quotePath is quote for a path; one in the home folder begins with ~, which
// the shell, or ssh in its options, makes whole again.
func quotePath(path string) string {
	home, err := os.UserHomeDir()
	if err != nil || home == "" {
		return quote(path)
	}
	if rest, ok := strings.CutPrefix(path, strings.TrimSuffix(home, "/")+"/"); ok {
		return "~/" + quote(rest)
	}
	return quote(path)
}

// quote makes a word safe to paste into a POSIX shell.
func quote(s string) string {
	for _, r := range s {
		if (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && !strings.ContainsRune("-_./:=@%+,", r) {
			return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
		}
	}
	return or(s, "''")
}
