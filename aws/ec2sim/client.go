package ec2sim

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"syscall"
)

// Client sends requests to a cloud in memory. It is used instead of a
// loopback connection because the SDK's requests over one fail now and then
// with "use of closed network connection" (aws-sdk-go-v2 issues 1825, 2737).
type Client struct{ handler http.Handler }

// Do answers one request. It fails as a connection would: with the context's
// error, or with ECONNRESET where a Fault resets the connection.
func (c *Client) Do(r *http.Request) (*http.Response, error) {
	ctx := r.Context()
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	in := r.Clone(ctx)
	in.RequestURI = r.URL.RequestURI()
	in.RemoteAddr = "127.0.0.1:1"
	if in.Host == "" {
		in.Host = r.URL.Host
	}
	if in.Body == nil {
		in.Body = http.NoBody
	}
	rec := &recorder{header: http.Header{}, status: http.StatusOK}
	// The handler may wait (a Fault's delay), but it heeds the context, so
	// there is nothing to leave behind.
	if err := rec.serve(c.handler, in); err != nil {
		return nil, err
	}
	if err := in.Body.Close(); err != nil {
		return nil, fmt.Errorf("closing the request's body: %w", err)
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	return rec.response(r), nil
}

// recorder is a ResponseWriter that keeps the answer.
type recorder struct {
	header http.Header
	status int
	body   bytes.Buffer
}

func (r *recorder) Header() http.Header         { return r.header }
func (r *recorder) Write(b []byte) (int, error) { return r.body.Write(b) }
func (r *recorder) WriteHeader(status int)      { r.status = status }

// serve turns the panic by which a handler resets its connection into the
// error that the other side sees.
func (r *recorder) serve(h http.Handler, in *http.Request) (err error) {
	defer func() {
		p := recover()
		if abort, ok := p.(error); ok && errors.Is(abort, http.ErrAbortHandler) {
			err = fmt.Errorf("read from the embedded cloud: %w", syscall.ECONNRESET)
		} else if p != nil {
			panic(p)
		}
	}()
	h.ServeHTTP(r, in)
	return nil
}

func (r *recorder) response(to *http.Request) *http.Response {
	r.header.Set("Content-Length", strconv.Itoa(r.body.Len()))
	return &http.Response{
		Status:     strconv.Itoa(r.status) + " " + http.StatusText(r.status),
		StatusCode: r.status,
		Proto:      "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header:        r.header,
		Body:          io.NopCloser(&r.body),
		ContentLength: int64(r.body.Len()),
		Request:       to,
	}
}
