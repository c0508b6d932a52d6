package remote

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/agent"

	"github.com/jupyter-ec2/jupyter-ec2/remote/safe"
)

// AgentKey is a key that ssh-agent holds.
type AgentKey struct {
	Key
	Comment string // safe for a terminal
}

// AgentKeys lists the keys of the ssh-agent at SSH_AUTH_SOCK (on Windows, of
// [agentPlaces]). No agent is no key and no error.
func AgentKeys(ctx context.Context) ([]AgentKey, error) {
	keys, err := agentKeys(ctx)
	if errors.Is(err, errNoAgent) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var list []AgentKey
	for _, k := range keys {
		pub, err := ssh.ParsePublicKey(k.Blob)
		if err != nil || strings.Contains(pub.Type(), "-cert-") { // a certificate is no key pair
			continue
		}
		list = append(list, AgentKey{Key: keyOf(pub), Comment: safe.Clean(k.Comment)})
	}
	return list, nil
}

// AgentSigner signs with the agent's key of that fingerprint. It holds no
// connection: each signature asks the agent again, which may ask a person, and
// gives up after a minute.
func AgentSigner(ctx context.Context, fingerprint string) (Signer, error) {
	keys, err := agentKeys(ctx)
	if err != nil {
		return nil, &KeyError{Path: fingerprint, Reason: KeyNoAgent, Err: err}
	}
	for _, k := range keys {
		if pub, err := ssh.ParsePublicKey(k.Blob); err == nil && ssh.FingerprintSHA256(pub) == fingerprint {
			return agentSigner{pub}, nil
		}
	}
	return nil, &KeyError{Path: fingerprint, Reason: KeyNoAgent}
}

// agentPlace is where an agent of Windows listens.
type agentPlace struct {
	path string
	pipe bool // a named one; else a socket of the file system
}

// agentPlaces are where a person of Windows has an agent: the pipe or socket
// that SSH_AUTH_SOCK names, and then the pipe of Windows' own OpenSSH, which
// others listen on too. Git's bash sets the variable to what only its own
// programs can open.
func agentPlaces(named string) []agentPlace {
	own := agentPlace{`\\.\pipe\openssh-ssh-agent`, true}
	isPipe := strings.HasPrefix(strings.ReplaceAll(strings.ToLower(named), "/", `\`), `\\.\pipe\`)
	switch {
	case named == "", isPipe && strings.EqualFold(strings.ReplaceAll(named, "/", `\`), own.path):
		return []agentPlace{own}
	case isPipe:
		return []agentPlace{{named, true}} // whoever names a pipe means no other
	}
	return []agentPlace{{named, false}, own}
}

var errNoAgent = errors.New("no ssh-agent can be reached")

func agentKeys(ctx context.Context) ([]*agent.Key, error) {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	return askAgent(ctx, agent.ExtendedAgent.List)
}

func askAgent[T any](ctx context.Context, ask func(agent.ExtendedAgent) (T, error)) (T, error) {
	type answer struct {
		value T
		err   error
	}
	var a answer
	conn, err := dialAgent(ctx)
	if err != nil {
		return a.value, fmt.Errorf("%w: %w", errNoAgent, err)
	}
	defer func() { _ = conn.Close() }() // this also ends a question given up
	done := make(chan answer, 1)
	go func() {
		v, err := ask(agent.NewClient(conn))
		done <- answer{v, err}
	}()
	select {
	case a = <-done:
	case <-ctx.Done():
		a.err = ctx.Err()
	}
	if a.err != nil {
		return a.value, fmt.Errorf("ask ssh-agent: %w", a.err)
	}
	return a.value, nil
}

type agentSigner struct{ pub ssh.PublicKey }

func (s agentSigner) PublicKey() ssh.PublicKey { return s.pub }

func (s agentSigner) Sign(rand io.Reader, data []byte) (*ssh.Signature, error) {
	return s.SignWithAlgorithm(rand, data, "")
}

// SignWithAlgorithm is what RSA keys need: servers accept no SHA-1 any more.
func (s agentSigner) SignWithAlgorithm(_ io.Reader, data []byte, algorithm string) (*ssh.Signature, error) {
	var flags agent.SignatureFlags
	if s.pub.Type() == ssh.KeyAlgoRSA {
		flags = agent.SignatureFlagRsaSha512
		if algorithm == ssh.KeyAlgoRSASHA256 {
			flags = agent.SignatureFlagRsaSha256
		}
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	sig, err := askAgent(ctx, func(a agent.ExtendedAgent) (*ssh.Signature, error) { return a.SignWithFlags(s.pub, data, flags) })
	if err == nil && algorithm != "" && !slices.Contains([]string{algorithm, s.pub.Type()}, sig.Format) {
		err = fmt.Errorf("ssh-agent signed with %s instead of %s", safe.Clean(sig.Format), algorithm)
	}
	if err != nil {
		return nil, err
	}
	return sig, nil
}
