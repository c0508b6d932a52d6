package cli

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jupyter-ec2/jupyter-ec2/steps/problem"
)

const (
	// usualIndex is where pip looks for packages.
	usualIndex = "https://pypi.org/simple/"
	// indexVariable names another one.
	indexVariable = "JUPYTER_EC2_INDEX"
	// simpleJSON is how an index is asked for something to read (PEP 691).
	simpleJSON = "application/vnd.pypi.simple.v1+json"
	// longAnswer is more than an index has to say of one project.
	longAnswer = 16 << 20
)

// errNoRelease is an index that has no release of this program.
var errNoRelease = errors.New("no release")

// released is the version of a release: three numbers.
type released [3]int

func (r released) String() string { return fmt.Sprintf("%d.%d.%d", r[0], r[1], r[2]) }

// wheelVersion finds a release in a wheel's name, and nothing in that of a
// version before one, which pip would not install either.
var wheelVersion = regexp.MustCompile(`^jupyter_ec2-([0-9]{1,9})\.([0-9]{1,9})\.([0-9]{1,9})-py3-none-[a-z0-9_.]+\.whl$`)

// newest asks a Python package index for the newest release. Where there is
// none, its error is errNoRelease.
func newest(ctx context.Context, index *url.URL) (released, error) {
	ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, index.JoinPath(name).String()+"/", http.NoBody)
	if err != nil {
		return released{}, err
	}
	req.Header.Set("Accept", simpleJSON)
	req.Header.Set("User-Agent", name)
	answer, err := http.DefaultClient.Do(req)
	if err != nil {
		return released{}, err
	}
	defer func() { _ = answer.Body.Close() }()
	switch {
	case answer.StatusCode == http.StatusNotFound:
		return released{}, errNoRelease
	case answer.StatusCode != http.StatusOK:
		return released{}, fmt.Errorf("the answer is %d %s", answer.StatusCode, http.StatusText(answer.StatusCode))
	}
	content, err := io.ReadAll(io.LimitReader(answer.Body, longAnswer))
	if err != nil {
		return released{}, err
	}
	return newestOf(content)
}

// newestOf reads an index's answer. Files that were taken back do not count.
func newestOf(answer []byte) (released, error) {
	var project struct {
		Files []struct {
			Filename string          `json:"filename"`
			Yanked   json.RawMessage `json:"yanked"` // false, true, or the reason
		} `json:"files"`
	}
	if err := json.Unmarshal(answer, &project); err != nil {
		return released{}, fmt.Errorf("the answer is not in the form %s: %w", simpleJSON, err)
	}
	var all []released
	for _, f := range project.Files {
		m := wheelVersion.FindStringSubmatch(f.Filename)
		if m == nil || len(f.Yanked) > 0 && string(f.Yanked) != "false" && string(f.Yanked) != "null" {
			continue
		}
		var r released
		for i := range r {
			r[i], _ = strconv.Atoi(m[i+1]) // nine digits at most
		}
		all = append(all, r)
	}
	if len(all) == 0 {
		return released{}, errNoRelease
	}
	return slices.MaxFunc(all, func(a, b released) int { return slices.Compare(a[:], b[:]) }), nil
}

// goVersion reads a version as Go writes it, with what comes before a release
// and what says more about it.
var goVersion = regexp.MustCompile(`^v([0-9]{1,9})\.([0-9]{1,9})\.([0-9]{1,9})(-[^+]+)?(\+.*)?$`)

// newerThan compares a release with what was built, and reports whether that
// can be compared.
func (r released) newerThan(built string) (newer, known bool) {
	m := goVersion.FindStringSubmatch(built)
	if m == nil {
		return false, false
	}
	var own released
	for i := range own {
		own[i], _ = strconv.Atoi(m[i+1])
	}
	order := slices.Compare(r[:], own[:])
	return order > 0 || order == 0 && m[4] != "", true
}

// indexURL is the index to ask: the flag's, or else the environment's.
func (p *Program) indexURL(flag string) (*url.URL, error) {
	given := cmp.Or(flag, p.Getenv(indexVariable), usualIndex)
	u, err := url.Parse(given)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" {
		// The address may hold a password, which is not repeated.
		return nil, usage("version", "the address of the index is not a URL such as %s", usualIndex)
	}
	return u, nil
}

// unasked is an index that did not answer, as a problem.
func unasked(index *url.URL, err error) error {
	if e, ok := errors.AsType[*url.Error](err); ok {
		err = e.Err // without the address, which may hold a name and a password
	}
	return &problem.Error{
		Kind: problem.Failed, Title: "The package index does not answer",
		Text: "Asking " + index.Host + " for the newest version failed: " + strings.TrimSuffix(err.Error(), ".") + ".",
		Next: problem.Say("Check the network and HTTPS_PROXY, or name your own index with --index or " + indexVariable + "."),
		Err:  err,
	}
}
