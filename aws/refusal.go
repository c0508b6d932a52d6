package aws

import (
	"errors"

	"github.com/aws/smithy-go"
)

// NothingDone reports whether AWS answered no, so that nothing came of the call. It
// is false where the call may still have worked: no answer of AWS came, or AWS had
// trouble of its own, or it speaks of an earlier call.
func (e *Error) NothingDone() bool {
	var api smithy.APIError
	_, trouble := e.serviceWords()
	return errors.As(e.err, &api) && !trouble && e.Code != "IdempotentParameterMismatch" && e.Code != codeNotAWS
}
