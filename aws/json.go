package aws

import (
	"bytes"
	"context"
	"encoding/json"
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

// jsonService is a service of which the program makes one call, in AWS's JSON
// form: https://smithy.io/2.0/aws/protocols/aws-json-1_1-protocol.html
//
// The SDK's own client of such a service lays out all that the service can do
// at every start of the program, and is larger than what this program does
// itself. Settings, credentials, signature, retries and errors are the SDK's
// here too.
type jsonService struct {
	id     string // as the SDK and its settings name it
	host   string // what its endpoints begin with
	signs  string // its name in the signature
	target string // its name in a request
}

func parameterStore() jsonService { return jsonService{"SSM", "ssm", "ssm", "AmazonSSM"} }

func serviceQuotas() jsonService {
	return jsonService{"Service Quotas", "servicequotas", "servicequotas", "ServiceQuotasV20190624"}
}

func priceListService() jsonService {
	return jsonService{"Pricing", "api.pricing", "pricing", "AWSPriceListService"}
}

// call makes a call in a region. in is sent as JSON, and out takes the answer.
func (a *Account) call(ctx context.Context, s jsonService, region, operation string, in, out any) error {
	body, err := json.Marshal(in)
	if err != nil {
		return err
	}
	url, err := a.endpointOf(ctx, s, region)
	if err == nil {
		ctx = middleware.ClearStackValues(ctx)
		ctx = sdkmiddleware.SetOperationName(sdkmiddleware.SetServiceID(ctx, s.id), operation)
		ctx = sdkmiddleware.SetRegion(sdkmiddleware.SetSigningRegion(sdkmiddleware.SetSigningName(ctx, s.signs), region), region)
		err = a.send(ctx, operation, func(req *smithyhttp.Request) error {
			if req.URL, err = req.URL.Parse(url); err != nil {
				return err
			}
			req.Method = "POST"
			req.Header.Set("Content-Type", "application/x-amz-json-1.1")
			req.Header.Set("X-Amz-Target", s.target+"."+operation)
			return nil
		}, body, out)
	}
	if err != nil {
		return &smithy.OperationError{ServiceID: s.id, OperationName: operation, Err: err}
	}
	return nil
}

// send sends a request through the steps that the SDK's clients take.
func (a *Account) send(ctx context.Context, operation string, address func(*smithyhttp.Request) error, body []byte, out any) error {
	stack := middleware.NewStack(operation, smithyhttp.NewStackRequest)
	steps := []error{
		stack.Serialize.Add(serializer(address, body), middleware.After),
		sdkmiddleware.AddClientRequestIDMiddleware(stack),
		smithyhttp.AddComputeContentLengthMiddleware(stack),
		sdkmiddleware.AddRequestUserAgentMiddleware(stack),
		stack.Finalize.Add(retry.NewAttemptMiddleware(a.retryer(), smithyhttp.RequestCloner, func(m *retry.Attempt) { m.ClientSkew = &a.skew }), middleware.After),
		stack.Finalize.Add(&v4.ComputePayloadSHA256{}, middleware.After),
		stack.Finalize.Add(a.signing(), middleware.After),
		stack.Deserialize.Add(deserializer(out), middleware.After),
		sdkmiddleware.AddRequestIDRetrieverMiddleware(stack),
		awshttp.AddResponseErrorMiddleware(stack),
		sdkmiddleware.AddRecordResponseTiming(stack),
		smithyhttp.AddErrorCloseResponseBodyMiddleware(stack),
		smithyhttp.AddCloseResponseBodyMiddleware(stack),
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
	_, _, err := middleware.DecorateHandler(smithyhttp.NewClientHandler(client), stack).Handle(ctx, nil)
	return err
}

// signing signs each attempt, by the clock of AWS where this computer's was
// seen to be wrong.
func (a *Account) signing() middleware.FinalizeMiddleware {
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
		if err := v4.NewSigner().SignHTTP(ctx, credentials, req.Request, v4.GetPayloadHash(ctx), sdkmiddleware.GetSigningName(ctx), sdkmiddleware.GetSigningRegion(ctx), now); err != nil {
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

func serializer(address func(*smithyhttp.Request) error, body []byte) middleware.SerializeMiddleware {
	return middleware.SerializeMiddlewareFunc("OperationSerializer", func(
		ctx context.Context, in middleware.SerializeInput, next middleware.SerializeHandler,
	) (out middleware.SerializeOutput, metadata middleware.Metadata, err error) {
		req, ok := in.Request.(*smithyhttp.Request)
		if !ok {
			return out, metadata, fmt.Errorf("a request of the type %T", in.Request)
		}
		if err = address(req); err != nil {
			return out, metadata, err
		}
		if req, err = req.SetStream(bytes.NewReader(body)); err != nil {
			return out, metadata, err
		}
		in.Request = req
		return next.HandleSerialize(ctx, in)
	})
}

func deserializer(result any) middleware.DeserializeMiddleware {
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
		if err != nil {
			return out, metadata, &smithy.DeserializationError{Err: err}
		}
		if resp.StatusCode < 200 || resp.StatusCode > 299 {
			return out, metadata, refusal(resp, answer)
		}
		if err := json.Unmarshal(answer, result); err != nil {
			return out, metadata, &smithy.DeserializationError{Err: err}
		}
		return out, metadata, nil
	})
}

// refusal is the error that an answer tells.
func refusal(resp *smithyhttp.Response, answer []byte) error {
	e := &smithy.GenericAPIError{Code: "UnknownError", Fault: smithy.FaultClient}
	if resp.StatusCode >= 500 {
		e.Fault = smithy.FaultServer
	}
	// What is no JSON tells no code: the status alone says what is wrong.
	code, message, _ := restjson.GetErrorInfo(json.NewDecoder(bytes.NewReader(answer)))
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
func (a *Account) endpointOf(ctx context.Context, s jsonService, region string) (string, error) {
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
	return "https://" + s.hostIn(region, fips == sdk.FIPSEndpointStateEnabled, dual == sdk.DualStackEndpointStateEnabled) + "/", err
}

// configured is the endpoint that the settings name, in the order of the SDK's
// clients; empty where they name none.
func (a *Account) configured(ctx context.Context, s jsonService) string {
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

// hostIn is the service's host in a region. A test holds it to what the SDK's
// own clients say.
func (s jsonService) hostIn(region string, fips, dual bool) string {
	suffix, dualSuffix := "amazonaws.com", "api.aws"
	for _, other := range [][3]string{
		{"cn-", "amazonaws.com.cn", "api.amazonwebservices.com.cn"}, {"eusc-", "amazonaws.eu", "api.amazonwebservices.eu"},
	} {
		if strings.HasPrefix(region, other[0]) {
			suffix, dualSuffix = other[1], other[2]
		}
	}
	host := s.host
	if fips && (dual || !strings.HasPrefix(region, "us-gov-")) {
		host += "-fips"
	}
	if dual {
		suffix = dualSuffix
	}
	return host + "." + region + "." + suffix
}
