package ec2sim

import (
	"errors"
	"fmt"
	"net/http"
)

// apiError is an error that AWS answers.
type apiError struct {
	Code, Message string
	Status        int // 0 means the code's usual one
}

func (e *apiError) Error() string { return e.Code + ": " + e.Message }

func refuse(code, format string, args ...any) *apiError {
	return &apiError{Code: code, Message: fmt.Sprintf(format, args...)}
}

// words are AWS's own words for codes that the cloud itself answers, or that
// a Fault can name without words.
func words(code string) string {
	switch code {
	case "AuthFailure":
		return "AWS was not able to validate the provided access credentials"
	case "UnrecognizedClientException", "InvalidClientTokenId":
		return "The security token included in the request is invalid."
	case "SignatureDoesNotMatch", "InvalidSignatureException":
		return "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details."
	case "UnauthorizedOperation":
		return "You are not authorized to perform this operation."
	case "AccessDenied", "AccessDeniedException":
		return "User is not authorized to perform this operation."
	case "DryRunOperation":
		return "Request would have succeeded, but DryRun flag is set."
	case "RequestExpired":
		return "Request has expired."
	case "ExpiredToken", "ExpiredTokenException":
		return "The security token included in the request is expired"
	case "OptInRequired":
		return "You are not subscribed to this service. Please go to http://aws.amazon.com to subscribe."
	case "PendingVerification":
		return "Your request for accessing resources in this region is being validated, and you will not be able to launch additional resources in this region until the validation is complete. We will notify you by email once your request has been validated. While normally resolved within minutes, please allow up to 4 hours for this process to complete. If the issue still persists, please let us know by writing to aws-verification@amazon.com for further assistance."
	case "VcpuLimitExceeded":
		return "You have requested more vCPU capacity than your current vCPU limit of 0 allows for the instance bucket that the specified instance type belongs to. Please visit http://aws.amazon.com/contact-us/ec2-request to request an adjustment to this limit."
	case "InsufficientInstanceCapacity":
		return "We currently do not have sufficient capacity in the Availability Zone you requested. Our system will be working on provisioning additional capacity. You can currently get capacity by not specifying an Availability Zone in your request."
	case "VPCIdNotSpecified":
		return "No default VPC for this user. GroupName is only supported for EC2-Classic and default VPC."
	case "RequestLimitExceeded", "Throttling", "ThrottlingException":
		return "Request limit exceeded."
	case "InternalError", "InternalFailure":
		return "An internal error has occurred"
	case "Unavailable", "ServiceUnavailable":
		return "The service is unavailable. Please try again shortly."
	}
	return "The request was refused."
}

// status is the HTTP status that goes with a code.
func status(code string) int {
	switch code {
	case "AuthFailure":
		return http.StatusUnauthorized
	case "UnauthorizedOperation", "InvalidClientTokenId", "SignatureDoesNotMatch", "AccessDenied", "OptInRequired", "ExpiredToken":
		return http.StatusForbidden
	case "DryRunOperation":
		return http.StatusPreconditionFailed
	case "InsufficientInstanceCapacity", "InternalError", "InternalFailure":
		return http.StatusInternalServerError
	case "RequestLimitExceeded", "Unavailable", "ServiceUnavailable":
		return http.StatusServiceUnavailable
	}
	return http.StatusBadRequest
}

// asAPIError makes every error one that can be answered, with words and
// status filled in.
func asAPIError(err error) *apiError {
	var e *apiError
	if !errors.As(err, &e) {
		e = refuse("InternalError", "%v", err)
	}
	full := *e
	if full.Message == "" {
		full.Message = words(full.Code)
	}
	if full.Status == 0 {
		full.Status = status(full.Code)
	}
	return &full
}
