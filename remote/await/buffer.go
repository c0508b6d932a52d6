package await

import (
	"bytes"
	"strings"
	"sync"
)

// Buffer is text that is read while several goroutines write it.
type Buffer struct {
	mu  sync.Mutex
	all bytes.Buffer
}

// Write implements [io.Writer].
func (b *Buffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.all.Write(p)
}

// String returns what has been written so far.
func (b *Buffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.all.String()
}

// Has reports whether the text has been written.
func (b *Buffer) Has(text string) bool { return strings.Contains(b.String(), text) }
