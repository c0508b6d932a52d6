package remote

// Key is a public host key.
type Key struct {
	Type        string // "ssh-ed25519"
	Fingerprint string // "SHA256:…", as ssh-keygen -l prints it
	Line        string // authorized_keys form, without comment
}

// HostKeys are the host keys pinned by instance ID, in a file that OpenSSH
// reads too: ssh -o HostKeyAlias=INSTANCE -o UserKnownHostsFile=PATH.
// It is safe for concurrent use, by several processes too.
type HostKeys struct{ path string }

// NewHostKeys uses the file at path, which need not exist yet. It is written
// with mode 0600, in a folder of mode 0700.
func NewHostKeys(path string) *HostKeys { return &HostKeys{path: path} }

// Path is the file's path, for UserKnownHostsFile.
func (h *HostKeys) Path() string { return h.path }

// Lookup answers the keys pinned for an instance; none is no error.
func (h *HostKeys) Lookup(id string) ([]Key, error) { return nil, errSkeleton }

// Pin adds keys for an instance; one already there is not added again.
func (h *HostKeys) Pin(id string, keys ...Key) error { return errSkeleton }

// Forget removes the keys of an instance; none is no error.
func (h *HostKeys) Forget(id string) error { return errSkeleton }

// ParseKey reads a key in authorized_keys form, with or without comment.
func ParseKey(line string) (Key, error) { return Key{}, errSkeleton }
