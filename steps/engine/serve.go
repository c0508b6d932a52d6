package engine

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
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
func (r *run) install(ctx context.Context) (string, error) {
	changed := r.changeHostKey(ctx)
	result, err := r.installJupyter(ctx)
	if err := errors.Join(err, changed(ctx)); err != nil {
		return "", err
	}
	return result, nil
}

func (r *run) installJupyter(ctx context.Context) (string, error) {
	facts, err := jupyter.Probe(ctx, r.client)
	if err != nil {
		return "", err
	}
	r.facts = facts
	r.doing("%s %s, Python %s, %s of memory, %s of disk free",
		cmp.Or(facts.OS, "unknown system"), facts.Release, cmp.Or(facts.PythonVersion, "missing"), steps.Megabytes(facts.MemoryMB), steps.Megabytes(facts.FreeDiskMB))
	r.byHand(steps.StepInstall)
	v, err := r.takeInstall(ctx, installJob(facts, r.s.Answers.Installer))
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("Python %s, pip %s, notebook %s, kernel gateway %s", v.Python, v.Pip, v.Notebook, v.Gateway), nil
}

// takeInstall runs the job, and asks what it has installed. At the first time it
// joins the run that the machine began at its boot, or takes what that came to,
// and runs the job again where it came to nothing.
func (r *run) takeInstall(ctx context.Context, job remote.Job) (jupyter.Versions, error) {
	job.Retrying = func(err error) { r.say(steps.Retrying, steps.Explain(err).Title) }
	joined := false
	job.Joined = func() { joined = true }
	// Later it is run again, to repair: it finds a complete install in a second or two.
	job.Again = !r.s.Resources.UserData || r.s.Finished(steps.StepInstall)
	v, err := r.runInstall(ctx, job)
	if joined && !job.Again && errors.As(err, new(*jupyter.Error)) {
		r.retrying("The install that ran before came to nothing (%s); it is run again", steps.Explain(err).Title)
		job.Again = true
		return r.runInstall(ctx, job)
	}
	return v, err
}

// runInstall runs the job, or joins it, and asks what it has installed.
func (r *run) runInstall(ctx context.Context, job remote.Job) (jupyter.Versions, error) {
	if err := r.follow(ctx, job); err != nil {
		return jupyter.Versions{}, err
	}
	if err := r.reconnect(ctx); err != nil {
		return jupyter.Versions{}, err
	}
	return jupyter.CheckVersions(ctx, r.client)
}

// lostJobs is how often a job that the machine lost (it was rebooted, or the
// job was killed) is begun again. The installers repair what a lost one left.
const lostJobs = 3

// follow runs the install job to its end.
func (r *run) follow(ctx context.Context, job remote.Job) error {
	for try := 1; ; try++ {
		job.Over = r.alive()
		var tail []string
		exit, err := remote.FollowJob(ctx, r.redial, job, func(text string, partial bool) {
			if !partial {
				tail = append(tail, text)
				tail = tail[max(0, len(tail)-tailLines):]
			}
			r.output(text, partial)
			if said := jupyter.InstallSays(text); said != "" && !partial {
				r.doing("%s", said)
			}
		})
		var lost *remote.JobError
		if errors.As(err, &lost) && lost.Lost && try < lostJobs {
			r.retrying("The install was interrupted on the machine; it is started again")
			continue
		}
		if err != nil || exit == 0 {
			return err
		}
		return jupyter.ExplainInstall(exit, tail)
	}
}

// alive is the steps' own connection, or nil where it was lost.
func (r *run) alive() *remote.Client {
	select {
	case <-r.client.Done():
		return nil
	default:
		return r.client
	}
}

// reconnect makes the steps' own connection again where it was lost while a
// job went on.
func (r *run) reconnect(ctx context.Context) error {
	if r.alive() != nil {
		return nil
	}
	client, err := r.redial(ctx)
	if err != nil {
		return err
	}
	r.client = client
	return nil
}

// serve runs the server in the chosen mode, with the setup's own token.
func (r *run) serve(ctx context.Context) (string, error) {
	// A run that was cut off may have left the machine as its image is.
	if err := errors.Join(r.settleImage(ctx), r.fromImage(ctx)); err != nil {
		return "", err
	}
	token, err := r.ensureToken(ctx)
	if err != nil {
		return "", err
	}
	spec := jupyter.ServeSpec{
		SetupID: r.s.ID, Mode: string(r.s.Answers.Mode), Port: steps.ServerPort, Token: token, Facts: r.facts,
	}
	if r.s.Answers.Mode != steps.ModeSSH {
		spec.Bind = r.s.PrivateIP
	}
	if spec.Gateway, err = r.gateway(ctx); err != nil {
		return "", err
	}
	if r.s.Answers.HasTLS() {
		if spec.Cert, spec.Key, _, err = r.g.certificate(r.s); err != nil {
			return "", err
		}
	}
	r.byHand(steps.StepServe)
	var guarded *soon[struct{}]
	spec.Started = func(port int) (err error) {
		guarded, err = r.serving(ctx, port)
		return err
	}
	port, err := jupyter.Serve(ctx, r.client, spec, r.output)
	if err != nil {
		guarded.stop() // it would tell of a step that has failed
	}
	if err != nil && spec.Gateway != nil && ctx.Err() == nil {
		return "", noGateway(r.s, spec.Gateway.URL, err)
	}
	if err != nil {
		return "", err
	}
	if _, err := guarded.wait(ctx); err != nil {
		return "", err
	}
	return fmt.Sprintf("answers on port %d of the machine", port), nil
}

// serving does, while the server starts, what needs its port alone: the watcher
// is begun, and in the guide the tunnel.
func (r *run) serving(ctx context.Context, port int) (guarded *soon[struct{}], err error) {
	r.s.ServerPort, r.s.Loopback = port, r.facts.Loopback
	if r.s.Answers.Mode == steps.ModeSSH {
		// Known before the next step begins: its page says what to type by hand.
		if err := r.g.ownPort(ctx, r.s, r.save); err != nil {
			return nil, err
		}
		if r.step == steps.StepServe {
			r.dug = beside(ctx, r, r.aside().dig)
		}
	}
	return beside(ctx, r, func(ctx context.Context) (struct{}, error) { return struct{}{}, r.guard(ctx) }), nil
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
