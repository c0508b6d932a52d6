package steps

import (
	"cmp"
	"net"
	"strconv"
)

// HasTLS reports whether the server speaks TLS. In ssh mode the tunnel protects it.
func (a Answers) HasTLS() bool { return a.Mode != ModeSSH && !a.NoTLS }

// WantedUI returns the page that the URL is to lead to; empty of a gateway.
func (a Answers) WantedUI() UI {
	switch {
	case a.Mode == ModeGateway:
		return ""
	case a.UI == UITree:
		return UITree
	}
	return UILab
}

// UI returns the page that the URL leads to; empty of a gateway.
func (s Setup) UI() UI {
	if s.NoLab && s.Answers.Mode != ModeGateway {
		return UITree
	}
	return s.Answers.WantedUI()
}

// NoLabNote says that the page is another than the one that was asked for;
// empty where it is that one.
func (s Setup) NoLabNote() string {
	if s.UI() == s.Answers.WantedUI() {
		return ""
	}
	return "The server has no JupyterLab, so the URL leads to the notebook's list of files."
}

// ServerPath is where the server answers below its root: a gateway has no page,
// but lists its kernels.
func (s Setup) ServerPath() string {
	if ui := s.UI(); ui != "" {
		return "/" + string(ui)
	}
	return "/api/kernelspecs"
}

// ThroughTunnel reports whether the server of a running machine is reached
// through a tunnel, open or not.
func (m Machine) ThroughTunnel() bool {
	return m.State.Up() && m.ours() && m.Answers.Mode == ModeSSH
}

// ours reports whether this computer has gone through the guide for the machine.
func (m Machine) ours() bool { return !m.Elsewhere && m.Finished(StepOpen) }

// PublicURL is the root of the server as the world reaches it, in http and
// gateway mode.
func (s Setup) PublicURL() string {
	scheme := "http"
	if s.Answers.HasTLS() {
		scheme = "https"
	}
	return scheme + "://" + net.JoinHostPort(s.PublicAddr, strconv.Itoa(cmp.Or(s.ServerPort, ServerPort)))
}

// LocalURL is the root of a server at a port of this computer, where a tunnel
// brings it.
func LocalURL(port int) string { return "http://localhost:" + strconv.Itoa(port) }

// ReachedAs reports whether the server is reached as it was when the setup was
// like that. A tunnel follows its machine to another address.
func (s Setup) ReachedAs(was Setup) bool {
	if s.Answers.Mode != was.Answers.Mode {
		return false
	}
	return s.Answers.Mode == ModeSSH || s.PublicAddr == "" || s.PublicURL() == was.PublicURL()
}

// URL is where the server answers now, without its token; empty where it does
// not, as in ssh mode without a tunnel, or where nobody knows.
func (m Machine) URL() string {
	switch {
	case !m.State.Up() || m.Unseen != "" || !m.ours():
		return ""
	case m.Answers.Mode == ModeSSH && m.TunnelPort != 0:
		return LocalURL(m.TunnelPort) + m.ServerPath()
	case m.Answers.Mode == ModeSSH || m.PublicAddr == "":
		return ""
	}
	return m.PublicURL() + m.ServerPath()
}
