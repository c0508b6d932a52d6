package steps

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/jupyter-ec2/jupyter-ec2/steps/problem"
)

// Manual returns the commands a person would have typed by hand at a step.
// What is not known yet stands as a word in capitals. s may be nil.
func Manual(id StepID, a Answers, s *Setup) []string {
	return manualFor(problem.Here(), id, a, s)
}

func manualFor(sh problem.Shell, id StepID, a Answers, s *Setup) []string {
	m := manual{Answers: a, sh: sh}
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
		return m.install()
	case StepProject:
		return m.project()
	case StepServe:
		return []string{m.serve()}
	case StepMode, StepOpen:
		return m.open()
	case StepImage:
		return m.saveImage()
	default:
		return nil
	}
}

// Commands is the whole guide as typed by hand, for the review; ownImage is of
// the image to launch from, as in [Resources].
func Commands(a Answers, ownImage bool) []string {
	var out []string
	for _, id := range []StepID{StepKey, StepLaunch, StepConnect, StepInstall, StepProject, StepServe, StepOpen} {
		out = append(out, Manual(id, a, &Setup{Resources: Resources{OwnImage: ownImage}})...)
	}
	return out
}

// ManualRemoveImage is what a person would type to remove an image and its
// snapshots.
func ManualRemoveImage(i Image, snapshots []string) []string {
	m := manual{Answers: Answers{Profile: i.At.Profile, Region: i.At.Region}, sh: problem.Here()}
	lines := []string{m.aws("ec2 deregister-image --image-id " + i.ID)}
	for _, s := range snapshots {
		lines = append(lines, m.aws("ec2 delete-snapshot --snapshot-id "+s))
	}
	return lines
}

// manual builds command lines from what is known of a setup so far.
type manual struct {
	Answers
	s  Setup
	sh problem.Shell // of this computer; a machine's own is a POSIX shell
}

// aws is the command's beginning with the profile and region in force. The
// profile "environment" is the AWS tools' own choice already.
func (m manual) aws(rest string) string {
	cmd := "aws"
	if m.Profile != "" && m.Profile != "sandbox" && m.Profile != EnvironmentProfile {
		cmd += " --profile " + m.sh.Quote(m.Profile)
	}
	if m.Region != "" {
		cmd += " --region " + m.sh.Quote(m.Region)
	}
	return cmd + " " + rest
}

func (m manual) account() []string {
	return []string{m.aws("sts get-caller-identity"), m.aws("ec2 describe-regions --all-regions")}
}

func (m manual) machine() []string {
	if m.Image != "" {
		return []string{
			m.aws("ec2 describe-images --image-ids " + m.sh.Quote(m.Image)),
			m.aws("ec2 describe-instance-types --instance-types " + m.sh.Quote(cmp.Or(m.Type, DefaultType))),
		}
	}
	disk := "gp3"
	if m.Release == "20.04" || m.Release == "22.04" {
		disk = "gp2"
	}
	return []string{
		m.aws(fmt.Sprintf("ssm get-parameter --name /aws/service/canonical/ubuntu/server/%s/stable/current/%s/hvm/ebs-%s/ami-id", cmp.Or(m.Release, DefaultRelease), archOf(m.Type), disk)),
		m.aws("ec2 describe-instance-types --instance-types " + m.sh.Quote(cmp.Or(m.Type, DefaultType))),
	}
}

// archOf tells a type's architecture by its name, where the API is not asked:
// AWS's own processors have a g after the generation (t4g, c7gn; a1 is the
// first of them): https://docs.aws.amazon.com/ec2/latest/instancetypes/instance-type-names.html
func archOf(instanceType string) string {
	family, _, _ := strings.Cut(instanceType, ".")
	options := strings.TrimLeft(strings.TrimLeft(family, "abcdefghijklmnopqrstuvwxyz-"), "0123456789")
	if family == "a1" || strings.Contains(options, "g") {
		return "arm64"
	}
	return "amd64"
}

func (m manual) pair() string {
	return m.sh.Quote(cmp.Or(cmp.Or(m.s.Resources.KeyPairName, m.Key.PairName), "jupyter-ec2-"+cmp.Or(m.Name, "NAME")))
}

func (m manual) keyPath() string {
	return cmp.Or(cmp.Or(m.s.Resources.KeyPath, m.Key.Path), "KEY.pem")
}

func (m manual) key() []string {
	path := m.sh.Path(m.keyPath())
	protect := m.sh.OnlyYours(m.keyPath())
	// EC2 has the public half already of a pair that was there before.
	give := func(public string) []string {
		if m.Key.PairName != "" {
			return nil
		}
		return []string{m.aws("ec2 import-key-pair --key-name " + m.pair() + " --public-key-material " + m.sh.Quote("fileb://"+public) + m.tagged("key-pair"))}
	}
	switch m.Key.Source {
	case KeyMadeByEC2:
		return append([]string{m.toKeyFile(m.aws("ec2 create-key-pair --key-type ed25519 --key-name " + m.pair() + m.tagged("key-pair") + " --query KeyMaterial --output text"))}, protect...)
	case KeyFile:
		if m.Key.PairName == "" {
			protect = append(protect, m.toPublicFile("ssh-keygen -y -f "+path))
		}
		return append(protect, give("key.pub")...)
	case KeyAgent:
		if m.Key.PairName != "" {
			return []string{"ssh-add -l"}
		}
		return append([]string{m.toPublicFile(m.pickKey(cmp.Or(m.Key.Fingerprint, "SHA256:FINGERPRINT")))}, give("key.pub")...)
	default:
		return append(append([]string{m.makeKey()}, protect...), give(m.keyPath()+".pub")...)
	}
}

func (m manual) launch() []string {
	group := m.sh.Quote(cmp.Or(m.s.Resources.GroupID, "sg-ID"))
	inVPC, inSubnet := "", ""
	if m.Subnet != "" {
		subnet := m.sh.Quote(m.Subnet)
		inVPC = fmt.Sprintf(` --vpc-id "$(%s)"`, m.aws("ec2 describe-subnets --subnet-ids "+subnet+" --query "+m.sh.Quote("Subnets[0].VpcId")+" --output text"))
		inSubnet = " --subnet-id " + subnet + " --associate-public-ip-address"
	}
	out := []string{m.aws("ec2 create-security-group --group-name " + m.sh.Quote(cmp.Or(m.s.Resources.GroupName, "jupyter-ec2-"+cmp.Or(m.Name, "NAME"))) + " --description Jupyter" + inVPC + m.tagged("security-group"))}
	for _, p := range m.Mode.Ports() {
		out = append(out, m.aws(fmt.Sprintf("ec2 authorize-security-group-ingress --group-id %s --protocol tcp --port %d --cidr \"$(%s -s https://checkip.amazonaws.com)/32\"", group, p, m.sh.Curl())))
	}
	return append(out, m.aws(fmt.Sprintf(
		"ec2 run-instances --image-id %s --instance-type %s --key-name %s --security-group-ids %s --metadata-options HttpTokens=required --block-device-mappings 'DeviceName=/dev/sda1,Ebs={VolumeSize=%d,VolumeType=gp3,Encrypted=true}'",
		m.sh.Quote(cmp.Or(m.s.Resources.ImageID, m.Image, "ami-ID")), m.sh.Quote(cmp.Or(m.Type, DefaultType)), m.pair(), group, max(m.DiskGB, MinDiskGB))+inSubnet+m.tagged("instance", "volume", "network-interface")))
}

// activate has the shell use the machine's Jupyter.
const activate = ". ~/.jupyter-ec2/venv/bin/activate"

// install comes to the same end as the engine's scripts. On a machine from an
// image of the user's own, they find everything there.
func (m manual) install() []string {
	versions := []string{"pip --version", "jupyter notebook --version", "jupyter kernelgateway --version"}
	if m.s.Resources.OwnImage {
		return append([]string{activate}, versions...)
	}
	if m.Installer == InstallerPip {
		commands := []string{
			"sudo apt-get update",
			"sudo apt-get install -y --no-install-recommends python3-pip python3-venv",
			"pip3 -V",
			"python3 -m venv ~/.jupyter-ec2/venv",
			activate,
			"pip install --upgrade pip",
			"pip install notebook",
			"pip install jupyter_kernel_gateway",
		}
		return append(commands, versions...)
	}
	commands := []string{
		"curl -LsSf https://astral.sh/uv/install.sh | sh",
		"~/.local/bin/uv venv ~/.jupyter-ec2/venv",
		activate,
		"~/.local/bin/uv pip install notebook jupyter_kernel_gateway ipykernel pip",
	}
	return append(commands, versions...)
}

func (m manual) serverPort() int {
	if m.s.ServerPort != 0 {
		return m.s.ServerPort
	}
	return ServerPort
}

func (m manual) serve() string {
	app, cmd := "ServerApp", "jupyter notebook --no-browser"
	if m.Mode == ModeGateway {
		app, cmd = "KernelGatewayApp", "jupyter kernelgateway"
	}
	if m.Mode != ModeSSH {
		cmd += " --ip=" + cmp.Or(m.s.PrivateIP, "PRIVATE-IP")
	}
	if m.HasTLS() { // else the https URL leads to nothing
		cmd += fmt.Sprintf(` --%[1]s.certfile="$HOME/.jupyter-ec2/server/cert.pem" --%[1]s.keyfile="$HOME/.jupyter-ec2/server/key.pem"`, app)
	}
	return cmd
}

func (m manual) open() []string {
	server := Setup{Answers: m.Answers, PublicAddr: cmp.Or(m.s.PublicAddr, "PUBLIC-DNS"), ServerPort: m.s.ServerPort, NoLab: m.s.NoLab}
	url := server.PublicURL()
	switch m.Mode {
	case ModeHTTP:
		return []string{url + server.ServerPath() + "?token=TOKEN"}
	case ModeGateway:
		return []string{url + server.ServerPath(), "jupyter notebook --gateway-url=" + url}
	default:
		local := ServerPort
		if m.s.LocalPort != 0 {
			local = m.s.LocalPort
		}
		return []string{
			m.ssh(fmt.Sprintf("-NL %d:localhost:%d", local, m.serverPort())),
			LocalURL(local) + server.ServerPath() + "?token=TOKEN",
		}
	}
}

// CurlOption has curl trust the server's certificate, as a person types it.
func (o *Opened) CurlOption() string { return "--cacert " + problem.Here().Path(o.Certificate) }

// saveImage is how an image of the machine is made. EC2 restarts it for that.
func (m manual) saveImage() []string {
	name := "NAME"
	restarts := ""
	if m.s.Saving != nil {
		name = m.s.Saving.EC2Name
		if m.s.Saving.NoReboot {
			restarts = " --no-reboot"
		}
	}
	return []string{
		m.aws("ec2 create-image --instance-id " + m.sh.Quote(cmp.Or(m.s.Resources.InstanceID, "i-ID")) + " --name " + m.sh.Quote(name) + restarts + m.tagged("image", "snapshot")),
		m.aws("ec2 wait image-available --image-ids ami-ID"),
	}
}
