package remote

import (
	"bytes"
	"encoding/binary"
	"errors"
	"path/filepath"
	"unicode/utf16"

	"github.com/jupyter-ec2/jupyter-ec2/remote/private"
)

const (
	pemBegin = "-----BEGIN "
	pemEnd   = "-----END "
	sshBegin = "-----BEGIN OPENSSH PRIVATE KEY-----\n"
	sshEnd   = "-----END OPENSSH PRIVATE KEY-----\n"
)

// keyText undoes what Windows, editors and pasting do to a private key's text:
// UTF-16 as PowerShell's > writes it, a byte order mark, line ends with CR,
// indented lines, a missing last line end. garbled reports whether OpenSSH
// refuses the text as it was: it takes its own format to the letter, and
// leaves the older ones to OpenSSL, which is lenient.
func keyText(content []byte) (text []byte, garbled bool) {
	text = fromUTF16(content)
	garbled = !bytes.Equal(text, content)
	text, marked := bytes.CutPrefix(text, []byte("\xef\xbb\xbf"))
	begin := bytes.Index(text, []byte(pemBegin))
	if begin < 0 {
		return text, false // whatever it is, it is no private key
	}
	garbled = garbled || marked || begin > 0 && (text[begin-1] == ' ' || text[begin-1] == '\t')
	if bytes.Contains(text, []byte(sshBegin[:len(sshBegin)-1])) {
		garbled = garbled || !bytes.HasPrefix(text, []byte(sshBegin)) || !bytes.Contains(text, []byte(sshEnd))
	}
	if !garbled {
		return text, false
	}
	return straight(text[begin:]), true
}

// straight takes the lines up to the END line, without the space around them.
func straight(text []byte) []byte {
	out := make([]byte, 0, len(text)+1)
	for line := range bytes.Lines(text) {
		line = bytes.TrimSpace(line)
		out = append(append(out, line...), '\n')
		if bytes.HasPrefix(line, []byte(pemEnd)) {
			break
		}
	}
	return out
}

// fromUTF16 makes UTF-8 of a text that is UTF-16, with or without its mark.
func fromUTF16(content []byte) []byte {
	var order binary.ByteOrder
	switch {
	case len(content) < 2 || len(content)%2 != 0:
		return content
	case bytes.HasPrefix(content, []byte{0xff, 0xfe}), content[0] == '-' && content[1] == 0:
		order = binary.LittleEndian
	case bytes.HasPrefix(content, []byte{0xfe, 0xff}), content[0] == 0 && content[1] == '-':
		order = binary.BigEndian
	default:
		return content
	}
	units := make([]uint16, len(content)/2)
	defer clear(units)
	for i := range units {
		units[i] = order.Uint16(content[2*i:])
	}
	var text []byte
	for _, r := range utf16.Decode(units) {
		if r != '\ufeff' {
			text = append(text, string(r)...)
		}
	}
	return text
}

// Protect makes a private key's file one that OpenSSH takes: readable for its
// owner only (chmod 400), and its text as OpenSSH writes it. The file is
// replaced whole or not at all.
func Protect(path string) error {
	f := KeyFile{Path: path}
	content, err := f.read()
	if err != nil {
		return err
	}
	defer clear(content)
	if f.Garbled && f.inspect(content) == nil {
		if path, err = filepath.EvalSymlinks(path); err == nil {
			err = private.WriteFile(path, content, 0o400)
		}
	}
	if err = errors.Join(err, private.Restrict(path, 0o400)); err != nil {
		return keyFileError(path, err)
	}
	return nil
}
