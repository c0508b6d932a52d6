package testhost

import (
	"context"
	"crypto/rand"
	"fmt"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// CloudInit has a host boot as EC2's images do: with a real cloud-init, and a
// metadata service at 169.254.169.254 that it asks. That makes the user ubuntu
// and lets in Spec.AuthorizedKeys, makes the host keys, and does what the user
// data says.
type CloudInit struct {
	InstanceID string // another one is another machine to cloud-init
	UserData   []byte // plain, or compressed
}

// metadataAddr is where every instance of EC2 finds its metadata service.
const metadataAddr = "169.254.169.254:80"

// metadata is a host's metadata service. As on EC2, it takes requests with a
// token and, as the HttpTokens "optional" does, without: where no platform says
// that this is EC2, cloud-init sends none.
type metadata struct {
	leaves map[string]string // by path, such as "placement/region"
	user   []byte

	mu     sync.Mutex
	asked  int                  // requests so far
	tokens map[string]time.Time // until when they are good
}

func newMetadata(h *Host) *metadata {
	m := &metadata{tokens: map[string]time.Time{}, user: h.spec.CloudInit.UserData, leaves: map[string]string{
		"instance-id": h.spec.CloudInit.InstanceID, "ami-id": "ami-0123456789abcdef0", "instance-type": "t2.micro",
		"hostname": h.hostname(), "local-hostname": h.hostname(), "local-ipv4": h.private.String(),
		"placement/availability-zone": "us-east-1a", "placement/region": "us-east-1",
	}}
	for n, key := range h.spec.AuthorizedKeys {
		m.leaves[fmt.Sprintf("public-keys/%d/openssh-key", n)] = key
	}
	return m
}

var version = regexp.MustCompile(`^(latest|\d{4}-\d\d-\d\d)$`)

// ServeHTTP answers as the instance metadata service does.
func (m *metadata) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	m.mu.Lock()
	m.asked++
	m.mu.Unlock()
	of, path, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
	if r.Method == http.MethodPut && r.URL.Path == "/latest/api/token" {
		m.giveToken(w, r)
		return
	}
	if token := r.Header.Get("X-Aws-Ec2-Metadata-Token"); token != "" && !m.good(token) {
		http.Error(w, "401 - Unauthorized", http.StatusUnauthorized)
		return
	}
	m.mu.Lock()
	body, ok := m.answer(path)
	m.mu.Unlock()
	if !ok || !version.MatchString(of) || r.Method != http.MethodGet {
		http.Error(w, "404 - Not Found", http.StatusNotFound)
		return
	}
	w.Header().Set("Content-Type", "text/plain")
	_, _ = w.Write(body)
}

func (m *metadata) answer(path string) ([]byte, bool) {
	if path == "user-data" {
		return m.user, len(m.user) > 0
	}
	path, ok := strings.CutPrefix(strings.TrimRight(path, "/")+"/", "meta-data/")
	if !ok {
		return nil, false
	}
	path = strings.TrimSuffix(path, "/")
	if leaf, ok := m.leaves[path]; ok {
		return []byte(leaf), true
	}
	below := m.below(path)
	return []byte(strings.Join(below, "\n")), len(below) > 0
}

// below lists a folder: folders with a slash, and keys by number and name.
func (m *metadata) below(folder string) []string {
	names := map[string]bool{}
	for path := range m.leaves {
		rest := path
		if folder != "" {
			var ok bool
			if rest, ok = strings.CutPrefix(path, folder+"/"); !ok {
				continue
			}
		}
		switch name, _, more := strings.Cut(rest, "/"); {
		case folder == "public-keys":
			names[name+"=key-"+name] = true
		case more:
			names[name+"/"] = true
		default:
			names[name] = true
		}
	}
	return slices.Sorted(maps.Keys(names))
}

func (m *metadata) giveToken(w http.ResponseWriter, r *http.Request) {
	seconds, err := strconv.Atoi(r.Header.Get("X-Aws-Ec2-Metadata-Token-Ttl-Seconds"))
	if err != nil || seconds < 1 || seconds > 21600 {
		http.Error(w, "400 - Bad Request", http.StatusBadRequest)
		return
	}
	token := rand.Text()
	m.mu.Lock()
	m.tokens[token] = time.Now().Add(time.Duration(seconds) * time.Second)
	m.mu.Unlock()
	_, _ = w.Write([]byte(token))
}

func (m *metadata) good(token string) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return time.Now().Before(m.tokens[token])
}

const metadataScript = `
ip -n "$1" addr add 169.254.169.254/32 dev lo
`

// serveMetadata starts the host's metadata service, in its own network.
func (h *Host) serveMetadata(ctx context.Context) error {
	if _, err := sh(ctx, metadataScript, h.name); err != nil {
		return err
	}
	listener, err := listenIn("/run/netns/"+h.name, metadataAddr)
	if err != nil {
		return fmt.Errorf("serving the metadata of %s: %w", h.name, err)
	}
	h.meta = newMetadata(h)
	h.server = &http.Server{Handler: h.meta, ReadHeaderTimeout: 10 * time.Second}
	go func() { _ = h.server.Serve(listener) }() // it ends with Remove
	return nil
}

// heard is how many requests there were.
func (m *metadata) heard() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.asked
}

// UserData is what a host with a cloud-init was launched with.
func (h *Host) UserData() []byte { return h.meta.user }

// Becomes gives the host's disk to another machine, with an ID and a login key
// of its own, and restarts it: cloud-init boots it as one that was launched
// from an image of the disk.
func (h *Host) Becomes(ctx context.Context, id, loginKey string) error {
	h.meta.mu.Lock()
	h.meta.leaves["instance-id"], h.meta.leaves["public-keys/0/openssh-key"] = id, loginKey
	h.meta.mu.Unlock()
	return h.Reboot(ctx)
}
