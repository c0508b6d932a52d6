package sshhost

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"unicode"

	"go.yaml.in/yaml/v3"
	"golang.org/x/crypto/ssh"
)

// maxUserData is how much user data may be once it is unpacked.
const maxUserData = 1 << 20

// userData is what a host does of the user data it was launched with: a small
// part of what cloud-init does. What it does not do is in notes, so that it is
// never left out in silence.
type userData struct {
	key    []byte   // the host's private key, in OpenSSH's form; nil is one of its own
	script string   // bootcmd, for a POSIX sh; empty is none
	notes  []string // lines for the console
}

// readUserData reads a #cloud-config document, plain or compressed by gzip. As
// with cloud-init there are no errors: a machine boots whatever it was given,
// and says on its console what it made of it.
func readUserData(data []byte) *userData {
	u := &userData{}
	text, err := unpacked(data)
	switch {
	case err != nil:
		u.note("user data cannot be unpacked: %v", err)
	case len(bytes.TrimSpace(text)) == 0:
	case !isCloudConfig(text):
		u.note("user data is no #cloud-config document: sandbox hosts do nothing with it")
	default:
		u.readConfig(text)
	}
	return u
}

// note adds a line that can be printed anywhere, whatever the document is.
func (u *userData) note(format string, args ...any) {
	u.notes = append(u.notes, strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return ' '
		}
		return r
	}, fmt.Sprintf(format, args...)))
}

func unpacked(data []byte) ([]byte, error) {
	if !bytes.HasPrefix(data, []byte{0x1f, 0x8b}) {
		return data, nil
	}
	r, err := gzip.NewReader(bytes.NewReader(data))
	if err != nil {
		return nil, err
	}
	text, err := io.ReadAll(io.LimitReader(r, maxUserData+1))
	if err == nil && len(text) > maxUserData {
		err = fmt.Errorf("it is longer than %d bytes", maxUserData)
	}
	return text, err
}

// isCloudConfig reports whether cloud-init takes the text for a cloud-config
// document, and not for a #cloud-config-archive or something else.
func isCloudConfig(text []byte) bool {
	rest, ok := bytes.CutPrefix(bytes.ToLower(bytes.TrimSpace(text)), []byte("#cloud-config"))
	return ok && !bytes.HasPrefix(rest, []byte("-"))
}

func (u *userData) readConfig(text []byte) {
	root, err := onlyDocument(text)
	switch {
	case err != nil:
		u.note("failed loading the YAML of user data: %v", err)
		return
	case root == nil:
		return
	case root.Kind != yaml.MappingNode:
		u.note("failed loading the YAML of user data: it is no mapping")
		return
	}
	for i := 0; i+1 < len(root.Content); i += 2 {
		name, value := root.Content[i].Value, root.Content[i+1]
		switch name {
		case "ssh_keys":
			u.readKeys(value)
		case "bootcmd":
			u.readBootcmd(value)
		case "ssh_deletekeys", "ssh_genkeytypes":
			// A new host has no keys to delete, and makes no others where it
			// is given one, as with cloud-init.
		default:
			u.note("%q of user data is unknown to sandbox hosts: nothing is done about it", name)
		}
	}
}

// onlyDocument is the root of the text's one document; nil when it is empty.
func onlyDocument(text []byte) (*yaml.Node, error) {
	var doc, more yaml.Node
	decoder := yaml.NewDecoder(bytes.NewReader(text))
	if err := decoder.Decode(&doc); errors.Is(err, io.EOF) {
		return nil, nil
	} else if err != nil {
		return nil, err
	}
	if err := decoder.Decode(&more); !errors.Is(err, io.EOF) {
		return nil, errors.New("it is more than one document")
	}
	if len(doc.Content) != 1 || doc.Content[0].Tag == "!!null" {
		return nil, nil
	}
	return doc.Content[0], nil
}

// readKeys takes the ed25519 key, which is the one kind that hosts have. Errors
// are told without what was read: it is secret.
func (u *userData) readKeys(value *yaml.Node) {
	var keys map[string]any
	if value.Decode(&keys) != nil {
		u.note("\"ssh_keys\" of user data is no mapping: the host makes a key of its own")
		return
	}
	for _, name := range slices.Sorted(maps.Keys(keys)) {
		if name != "ed25519_private" && name != "ed25519_public" {
			u.note("%q of ssh_keys is unknown to sandbox hosts: nothing is done about it", name)
		}
	}
	private, _ := keys["ed25519_private"].(string)
	signer, err := ssh.ParsePrivateKey([]byte(private))
	if err != nil || signer.PublicKey().Type() != ssh.KeyAlgoED25519 {
		u.note("\"ed25519_private\" of ssh_keys cannot be used: the host makes a key of its own")
		return
	}
	u.key = []byte(private)
	line, _ := keys["ed25519_public"].(string)
	public, _, _, _, err := ssh.ParseAuthorizedKey([]byte(line))
	if line != "" && (err != nil || !bytes.Equal(public.Marshal(), signer.PublicKey().Marshal())) {
		u.note("\"ed25519_public\" of ssh_keys is not the public half of \"ed25519_private\", which counts")
	}
}

// readBootcmd makes one script of the commands, as cloud-init does: a text is a
// line of it, and the words of a list are taken as they are.
func (u *userData) readBootcmd(value *yaml.Node) {
	var items []any
	if value.Decode(&items) != nil {
		u.note("\"bootcmd\" of user data is no list: it is not run")
		return
	}
	var script strings.Builder
	for _, item := range items {
		line, ok := commandLine(item)
		if !ok {
			u.note("\"bootcmd\" of user data has an item that is neither a text nor a list of texts: nothing of it is run")
			return
		}
		script.WriteString(line + "\n")
	}
	u.script = script.String()
}

func commandLine(item any) (string, bool) {
	if line, ok := item.(string); ok {
		return line, true
	}
	words, ok := item.([]any)
	quoted := make([]string, 0, len(words))
	for _, w := range words {
		word, text := w.(string)
		ok = ok && text
		quoted = append(quoted, quote(word))
	}
	return strings.Join(quoted, " "), ok
}
