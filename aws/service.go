package aws

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	sdkmiddleware "github.com/aws/aws-sdk-go-v2/aws/middleware"
	"github.com/aws/aws-sdk-go-v2/aws/protocol/restjson"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/smithy-go"
	"github.com/aws/smithy-go/middleware"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

// service is one of which the program makes a call or two.
//
// The SDK's own client of such a service lays out all that the service can do
// at every start of the program, and is larger than what this program does
// itself. Settings, credentials, signature, retries and errors are the SDK's
// here too.
type service struct {
	id    string // as the SDK and its settings name it
	signs string // its name in the signature
	// host is where it is. A test holds it to what the SDK's own clients say.
	host func(region string, fips, dual bool) string
}

// question is one call of a service.
type question struct {
	operation string
	headers   map[string]string
	body      []byte
	read      func(answer []byte) error                  // takes the answer
	refusal   func(answer []byte) (code, message string) // reads an error
}

// ask puts a question to a service in a region.
func (a *Account) ask(ctx context.Context, s service, region string, q question) error {
	ctx = middleware.ClearStackValues(ctx)
	ctx = sdkmiddleware.SetOperationName(sdkmiddleware.SetServiceID(ctx, s.id), q.operation)
	ctx = sdkmiddleware.SetRegion(ctx, region)
	url, err := a.endpointOf(ctx, s, region)
	if err == nil {
		err = a.send(ctx, url, q, a.signing(s.signs, region))
	}
	if err != nil {
		return &smithy.OperationError{ServiceID: s.id, OperationName: q.operation, Err: err}
	}
	return nil
}

// send sends a request through the steps that the SDK's clients take.
func (a *Account) send(ctx context.Context, url string, q question, signing middleware.FinalizeMiddleware) error {
	stack := middleware.NewStack(q.operation, smithyhttp.NewStackRequest)
	steps := []error{
		stack.Serialize.Add(q.serializer(url), middleware.After),
		sdkmiddleware.AddClientRequestIDMiddleware(stack),
		sdkmiddleware.AddRequestUserAgentMiddleware(stack),
		stack.Finalize.Add(retry.NewAttemptMiddleware(a.retryer(), smithyhttp.RequestCloner, func(m *retry.Attempt) { m.ClientSkew = &a.skew }), middleware.After),
		stack.Finalize.Add(&v4.ComputePayloadSHA256{}, middleware.After),
		stack.Finalize.Add(signing, middleware.After),
		stack.Deserialize.Add(q.deserializer(), middleware.After),
		sdkmiddleware.AddRequestIDRetrieverMiddleware(stack),
		awshttp.AddResponseErrorMiddleware(stack),
		sdkmiddleware.AddRecordResponseTiming(stack),
	}
	for _, option := range a.cfg.APIOptions {
		steps = append(steps, option(stack))
	}
	for _, err := range steps {
		if err != nil {
			return fmt.Errorf("prepare the request: %w", err)
		}
	}
	var client smithyhttp.ClientDo = a.cfg.HTTPClient
	if a.cfg.HTTPClient == nil {
		client = awshttp.NewBuildableClient()
	}
	_, _, err := middleware.DecorateHandler(smithyhttp.NewClientHandlerWithOptions(client), stack).Handle(ctx, nil)
	return err
}

// signing signs each attempt for a service, by the clock of AWS where this
// computer's was seen to be wrong.
func (a *Account) signing(service, region string) middleware.FinalizeMiddleware {
	return middleware.FinalizeMiddlewareFunc("Signing", func(
		ctx context.Context, in middleware.FinalizeInput, next middleware.FinalizeHandler,
	) (out middleware.FinalizeOutput, metadata middleware.Metadata, err error) {
		req, ok := in.Request.(*smithyhttp.Request)
		if !ok {
			return out, metadata, fmt.Errorf("a request of the type %T", in.Request)
		}
		credentials, err := a.cfg.Credentials.Retrieve(ctx)
		if err != nil {
			return out, metadata, fmt.Errorf("get credentials: %w", err)
		}
		now := time.Now().Add(time.Duration(a.skew.Load()))
		if err := v4.NewSigner().SignHTTP(ctx, credentials, req.Request, v4.GetPayloadHash(ctx), service, region, now); err != nil {
			return out, metadata, &v4.SigningError{Err: err}
		}
		out, metadata, err = next.HandleFinalize(ctx, in)
		if skew, ok := sdkmiddleware.GetAttemptSkew(metadata); ok {
			a.skew.Store(int64(skew))
		}
		return out, metadata, err
	})
}

func (a *Account) retryer() sdk.Retryer {
	var r sdk.Retryer = retry.NewStandard()
	if a.cfg.Retryer != nil {
		r = a.cfg.Retryer()
	}
	if a.cfg.RetryMaxAttempts != 0 {
		r = retry.AddWithMaxAttempts(r, a.cfg.RetryMaxAttempts)
	}
	return r
}

func (q question) serializer(url string) middleware.SerializeMiddleware {
	return middleware.SerializeMiddlewareFunc("OperationSerializer", func(
		ctx context.Context, in middleware.SerializeInput, next middleware.SerializeHandler,
	) (out middleware.SerializeOutput, metadata middleware.Metadata, err error) {
		req, ok := in.Request.(*smithyhttp.Request)
		if !ok {
			return out, metadata, fmt.Errorf("a request of the type %T", in.Request)
		}
		if req.URL, err = req.URL.Parse(url); err != nil {
			return out, metadata, err
		}
		req.Method = "POST"
		for name, value := range q.headers {
			req.Header.Set(name, value)
		}
		if req, err = req.SetStream(bytes.NewReader(q.body)); err != nil {
			return out, metadata, err
		}
		in.Request = req
		return next.HandleSerialize(ctx, in)
	})
}

func (q question) deserializer() middleware.DeserializeMiddleware {
	return middleware.DeserializeMiddlewareFunc("OperationDeserializer", func(
		ctx context.Context, in middleware.DeserializeInput, next middleware.DeserializeHandler,
	) (out middleware.DeserializeOutput, metadata middleware.Metadata, err error) {
		out, metadata, err = next.HandleDeserialize(ctx, in)
		if err != nil {
			return out, metadata, err
		}
		resp, ok := out.RawResponse.(*smithyhttp.Response)
		if !ok {
			return out, metadata, &smithy.DeserializationError{Err: fmt.Errorf("an answer of the type %T", out.RawResponse)}
		}
		answer, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
		if closed := resp.Body.Close(); err == nil {
			err = closed
		}
		if err != nil {
			return out, metadata, &smithy.DeserializationError{Err: err}
		}
		if resp.StatusCode < 200 || resp.StatusCode > 299 {
			return out, metadata, q.refused(resp, answer)
		}
		if err := q.read(answer); err != nil {
			return out, metadata, &smithy.DeserializationError{Err: err}
		}
		return out, metadata, nil
	})
}

// refused is the error that an answer tells. What cannot be read tells no code:
// then the status alone says what is wrong.
func (q question) refused(resp *smithyhttp.Response, answer []byte) error {
	e := &smithy.GenericAPIError{Code: unknownError, Fault: smithy.FaultClient}
	if resp.StatusCode >= 500 {
		e.Fault = smithy.FaultServer
	}
	code, message := q.refusal(answer)
	if header := resp.Header.Get("X-Amzn-ErrorType"); header != "" {
		code = restjson.SanitizeErrorCode(header)
	}
	if e.Message = message; code != "" {
		e.Code = code
	}
	return e
}

// endpointOf is where a service is in a region: where the settings say, else
// where AWS has it.
func (a *Account) endpointOf(ctx context.Context, s service, region string) (string, error) {
	if url := a.configured(ctx, s); url != "" {
		return strings.TrimRight(url, "/") + "/", nil
	}
	fips, _, err := firstOf(a.cfg.ConfigSources, func(p interface {
		GetUseFIPSEndpoint(context.Context) (sdk.FIPSEndpointState, bool, error)
	},
	) (sdk.FIPSEndpointState, bool, error) {
		return p.GetUseFIPSEndpoint(ctx)
	})
	if err != nil {
		return "", err
	}
	dual, _, err := firstOf(a.cfg.ConfigSources, func(p interface {
		GetUseDualStackEndpoint(context.Context) (sdk.DualStackEndpointState, bool, error)
	},
	) (sdk.DualStackEndpointState, bool, error) {
		return p.GetUseDualStackEndpoint(ctx)
	})
	return "https://" + s.host(region, fips == sdk.FIPSEndpointStateEnabled, dual == sdk.DualStackEndpointStateEnabled) + "/", err
}

// configured is the endpoint that the settings name, in the order of the SDK's
// clients; empty where they name none.
func (a *Account) configured(ctx context.Context, s service) string {
	const variable = "AWS_ENDPOINT_URL"
	_, all := os.LookupEnv(variable)
	_, own := os.LookupEnv(variable + "_" + strings.ToUpper(strings.ReplaceAll(s.id, " ", "_")))
	ignored, _, _ := firstOf(a.cfg.ConfigSources, func(p interface {
		GetIgnoreConfiguredEndpoints(context.Context) (bool, bool, error)
	},
	) (bool, bool, error) {
		return p.GetIgnoreConfiguredEndpoints(ctx)
	})
	if ignored || all && !own {
		return sdk.ToString(a.cfg.BaseEndpoint)
	}
	url, found, err := firstOf(a.cfg.ConfigSources, func(p interface {
		GetServiceBaseEndpoint(context.Context, string) (string, bool, error)
	},
	) (string, bool, error) {
		return p.GetServiceBaseEndpoint(ctx, s.id)
	})
	if err != nil || !found {
		return sdk.ToString(a.cfg.BaseEndpoint)
	}
	return url
}

// firstOf is the first answer of those sources of settings that know the
// question.
func firstOf[P, T any](sources []any, ask func(P) (T, bool, error)) (value T, found bool, err error) {
	for _, source := range sources {
		if p, ok := source.(P); ok {
			if value, found, err = ask(p); found || err != nil {
				break
			}
		}
	}
	return value, found, err
}

// partOf is the end of hosts' names in a region's part of AWS, also of those
// that IPv6 reaches too.
func partOf(region string) (suffix, dual string) {
	switch {
	case strings.HasPrefix(region, "cn-"):
		return "amazonaws.com.cn", "api.amazonwebservices.com.cn"
	case strings.HasPrefix(region, "eusc-"):
		return "amazonaws.eu", "api.amazonwebservices.eu"
	}
	return "amazonaws.com", "api.aws"
}
