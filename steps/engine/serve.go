package engine

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"os"
	"time"

	"github.com/jupyter-ec2/jupyter-ec2/remote"
	"github.com/jupyter-ec2/jupyter-ec2/remote/jupyter"
	"github.com/jupyter-ec2/jupyter-ec2/steps"
	"github.com/jupyter-ec2/jupyter-ec2/steps/problem"
)

// tailLines is how much of a job's log is kept to explain its failure.
const tailLines = 40

// install runs the installer as a job on the host, joins it where it already
// runs, and checks the versions as the guide does.
func (w *work) install(ctx context.Context) (string, error) {
	facts, err := jupyter.Probe(ctx, w.client)
	if err != nil {
		return "", err
	}
	w.facts = facts
	w.doing("%s %s, Python %s, %s of memory, %s of disk free",
		cmp.Or(facts.OS, "unknown system"), facts.Release, cmp.Or(facts.PythonVersion, "missing"), mebibytes(facts.MemoryMB), mebibytes(facts.FreeDiskMB))
	w.byHand(steps.StepInstall)
	job := jupyter.InstallJob(facts, jupyter.Installer(w.s.Answers.Installer))
	job.Again = true // it finds a complete install in a second or two
	job.Retrying = func(err error) { w.retrying("The connection is made again: %s", steps.Explain(err).Title) }
	if err := w.follow(ctx, job); err != nil {
		return "", err
	}
	if err := w.reconnect(ctx); err != nil {
		return "", err
	}
	v, err := jupyter.CheckVersions(ctx, w.client)
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("Python %s, pip %s, notebook %s, kernel gateway %s", v.Python, v.Pip, v.Notebook, v.Gateway), nil
}

// lostJobs is how often a job that the machine lost (it was rebooted, or the
// job was killed) is begun again. The installers repair what a lost one left.
const lostJobs = 3

// follow runs the install job to its end.
func (w *work) follow(ctx context.Context, job remote.Job) error {
	for try := 1; ; try++ {
		var tail []string
		exit, err := remote.FollowJob(ctx, w.redial, job, func(text string, partial bool) {
			if !partial {
				tail = append(tail, text)
				tail = tail[max(0, len(tail)-tailLines):]
			}
			w.output(text, partial)
			if said := jupyter.InstallSays(text); said != "" && !partial {
				w.doing("%s", said)
			}
		})
		var lost *remote.JobError
		if errors.As(err, &lost) && lost.Lost && try < lostJobs {
			w.retrying("The install was interrupted on the machine; it is started again")
			continue
		}
		if err != nil || exit == 0 {
			return err
		}
		return jupyter.ExplainInstall(exit, tail)
	}
}

// reconnect makes the steps' own connection again where it was lost while a
// job went on.
func (w *work) reconnect(ctx context.Context) error {
	select {
	case <-w.client.Done():
	default:
		return nil
	}
	client, err := w.redial(ctx)
	if err != nil {
		return err
	}
	w.client = client
	return nil
}

// serve runs the server in the chosen mode, with the setup's own token.
func (w *work) serve(ctx context.Context) (string, error) {
	token, err := w.settleToken(ctx)
	if err != nil {
		return "", err
	}
	spec := jupyter.ServeSpec{
		SetupID: w.s.ID, Mode: string(w.s.Answers.Mode), Port: steps.ServerPort, Token: token, Facts: w.facts,
	}
	if w.s.Answers.Mode != steps.ModeSSH {
		spec.Bind = w.s.PrivateIP
	}
	if spec.Gateway, err = w.gateway(ctx); err != nil {
		return "", err
	}
	if w.tls() {
		if spec.Cert, spec.Key, _, err = w.g.certificate(w.s); err != nil {
			return "", err
		}
	}
	w.byHand(steps.StepServe)
	port, err := jupyter.Serve(ctx, w.client, spec, w.output)
	if err != nil && spec.Gateway != nil && ctx.Err() == nil {
		return "", noGateway(w.s, spec.Gateway.URL, err)
	}
	if err != nil {
		return "", err
	}
	w.s.ServerPort, w.s.Loopback = port, w.facts.Loopback
	if err := w.guard(ctx); err != nil {
		return "", err
	}
	return fmt.Sprintf("answers on port %d of the machine", port), nil
}

// noGateway is a notebook that does not come up with another machine's kernels.
func noGateway(s *steps.Setup, url string, err error) error {
	p := steps.Explain(err)
	return &problem.Error{
		Kind: p.Kind, Title: "The notebook does not start with its gateway", Err: err,
		Text: "Its kernels are to run at " + url + ". " + p.Text,
		Next: problem.Say("Check that the gateway's machine is running and answers, and try again. Or ").Act(on(problem.OwnKernels, s)).Say("."),
	}
}

func (w *work) tls() bool { return w.s.Answers.Mode != steps.ModeSSH && !w.s.Answers.NoTLS }

// certificateLife is how long a server's certificate is good. Browsers take
// no self-made one for longer than 398 days without complaint of its own.
const certificateLife = 397 * 24 * time.Hour

// certificate returns the server's certificate, made again when the machine's
// address is not in it.
func (g *Guide) certificate(s *steps.Setup) (certPEM, keyPEM []byte, fingerprint string, err error) {
	certPath, keyPath := g.certPath(s.ID), g.ledger.file("certs", s.ID+".key")
	certPEM, certErr := os.ReadFile(certPath)
	keyPEM, keyErr := os.ReadFile(keyPath)
	_, pairErr := tls.X509KeyPair(certPEM, keyPEM) // they may be of two runs, one of which was cut off
	if certErr == nil && keyErr == nil && pairErr == nil {
		if fingerprint = jupyter.CertificateFor(certPEM, s.PublicAddr, g.cfg.Now()); fingerprint != "" {
			return certPEM, keyPEM, fingerprint, nil
		}
	}
	hosts := []string{s.PublicAddr, s.PrivateIP}
	certPEM, keyPEM, fingerprint, err = jupyter.SelfSigned(hosts, certificateLife, g.cfg.Now())
	if err != nil {
		return nil, nil, "", err
	}
	if err := writePrivate(keyPath, keyPEM); err != nil {
		return nil, nil, "", err
	}
	return certPEM, keyPEM, fingerprint, writePrivate(certPath, certPEM)
}

func (g *Guide) certPath(id string) string { return g.ledger.file("certs", id+".pem") }

// loopbackAddr is the server as the host itself reaches it.
func (w *work) loopbackAddr() string {
	return net.JoinHostPort(cmp.Or(w.facts.Loopback, "127.0.0.1"), fmt.Sprint(w.s.ServerPort))
}
