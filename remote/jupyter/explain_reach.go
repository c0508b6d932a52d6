package jupyter

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"

	"github.com/jupyter-ec2/jupyter-ec2/remote/safe"
	"github.com/jupyter-ec2/jupyter-ec2/steps/problem"
)

// notListening is the title of the failure for which the server's own end may
// be to blame.
const notListening = "The server does not listen"

// explainReach puts a failed request in plain words. It is nil for nil, and
// hands on what speaks to people already and what ended by being cancelled.
func explainReach(ep Endpoint, err error) error {
	if err == nil || explained(err) || errors.Is(err, context.Canceled) {
		return err
	}
	e := &Error{Kind: problem.Server, Err: err}
	at := ep.URL
	if u, parseErr := url.Parse(ep.URL); parseErr == nil {
		at = u.Host
	}
	switch code := statusOf(err); {
	case code == http.StatusUnauthorized || code == http.StatusForbidden:
		e.Title, e.Text = "The server refuses the token", "Something answers at "+at+" but does not know the token: another server may have the port."
		e.Next = problem.Say("Start the server again: it finds a free port and uses its own token.")
	case code == http.StatusNotFound:
		e.Title, e.Text = "That is not a Jupyter server", "What answers at "+at+" is not Jupyter."
		e.Next = problem.Say("Start the server again, and check what else listens on the machine (ss -ltnp).")
	case code != 0:
		e.Title, e.Text = "The server answers with an error", sentence(err)
		e.Next = problem.Say("Check the server's log on the machine, then try again.")
	default:
		e.explainConnection(at, err)
	}
	return e
}

// explainConnection is for what never came to an HTTP answer.
func (e *Error) explainConnection(at string, err error) {
	var unknown *tls.CertificateVerificationError
	var dns *net.DNSError
	var netErr net.Error
	switch {
	case errors.Is(err, errOpen):
		e.Title, e.Text = "The server asks for no token", "What answers at "+at+" lets everybody in. It is not the server that was started."
		e.Next = problem.Say("Stop it on the machine (ss -ltnp names it), then start the server again.")
	case errors.Is(err, errPin):
		e.Title, e.Text = "The server shows another certificate", "What answers at "+at+" does not have the certificate that was made for it. Somebody may be in between, or the address now belongs to another machine."
		e.Next = problem.Say("Start the server again. If it persists, ").Act(problem.ChooseMode.Of("ssh")).Say(", which checks the machine's own key.")
	case errors.As(err, &unknown):
		e.Title, e.Text = "The server's certificate is not trusted", "No certificate authority that this computer knows has signed for "+at+"."
		e.Next = problem.Say("Start the server again, so that the certificate is pinned, or ").Act(problem.ChooseMode.Of("ssh")).Say(".")
	case plainToTLS(err):
		e.Title, e.Text = "http and https are mixed up", "One side speaks HTTPS and the other plain HTTP at "+at+"."
		e.Next = problem.Say("Open the URL with https:// where the server has a certificate, and with http:// where it has none.")
	case errors.As(err, &dns):
		e.Kind = problem.Unreachable
		e.Title, e.Text = "The server's name is not known", "The name in "+at+" cannot be resolved."
		e.Next = problem.Say("Wait a minute, as new names take a while, and check this computer's DNS.")
	case errors.Is(err, os.ErrDeadlineExceeded), errors.Is(err, context.DeadlineExceeded), errors.As(err, &netErr) && netErr.Timeout():
		e.Kind = problem.Unreachable
		e.Title, e.Text = "The server cannot be reached", "Nothing answers at "+at+". Most likely a firewall drops the packets: the security group lets in one address only, and yours may have changed."
		e.Next = problem.Say("Run the guide again, which opens the port to your current address, or ").Act(problem.ChooseMode.Of("ssh")).Say(".")
	case strings.Contains(err.Error(), "refused"), strings.Contains(err.Error(), "connect failed"):
		e.Title, e.Text = notListening, "The machine is there, and nothing listens at "+at+": the server is down, or bound to another address."
		e.Next = problem.Say("Start the server again; its log says why it ended.")
	default:
		e.Title, e.Text = "The server cannot be used", sentence(err)
		e.Next = problem.Say("Try again. If it persists, check the server's log on the machine.")
	}
}

// sentence makes an error's message a sentence, without secrets.
func sentence(err error) string {
	text := safe.Scrub(err.Error())
	if text == "" {
		return "It failed without a reason."
	}
	return "The reason: " + strings.TrimSuffix(text, ".") + "."
}
