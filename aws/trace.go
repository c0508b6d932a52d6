package aws

import (
	"context"
	"errors"
	"log/slog"
	"time"

	sdk "github.com/aws/aws-sdk-go-v2/aws/middleware"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/smithy-go/middleware"

	"github.com/jupyter-ec2/jupyter-ec2/steps/timing"
)

// traced has each attempt of each call written to log: what was asked of which
// region, how long it took and what came of it. What was sent and what came
// back stay out of it: parameters, headers and messages may hold a secret.
func traced(log *slog.Logger) []func(*middleware.Stack) error {
	if log == nil {
		return nil
	}
	return []func(*middleware.Stack) error{func(stack *middleware.Stack) error {
		if err := stack.Initialize.Add(middleware.InitializeMiddlewareFunc("TraceCall", countAttempts), middleware.Before); err != nil {
			return err
		}
		attempt := middleware.FinalizeMiddlewareFunc("TraceAttempt", traceAttempt(log))
		if _, retried := stack.Finalize.Get("Retry"); retried {
			return stack.Finalize.Insert(attempt, "Retry", middleware.After)
		}
		return stack.Finalize.Add(attempt, middleware.Before)
	}}
}

// timed has each call, with its retries, count as waiting for AWS.
func timed(stack *middleware.Stack) error {
	return stack.Initialize.Add(middleware.InitializeMiddlewareFunc("TimeCall", func(
		ctx context.Context, in middleware.InitializeInput, next middleware.InitializeHandler,
	) (middleware.InitializeOutput, middleware.Metadata, error) {
		defer timing.Wait(ctx, timing.AWS)()
		return next.HandleInitialize(ctx, in)
	}), middleware.Before)
}

// attemptsKey is where a call's context has the number of its attempts.
type attemptsKey struct{}

func countAttempts(ctx context.Context, in middleware.InitializeInput, next middleware.InitializeHandler) (middleware.InitializeOutput, middleware.Metadata, error) {
	return next.HandleInitialize(middleware.WithStackValue(ctx, attemptsKey{}, new(int)), in)
}

type finalize = func(context.Context, middleware.FinalizeInput, middleware.FinalizeHandler) (middleware.FinalizeOutput, middleware.Metadata, error)

func traceAttempt(log *slog.Logger) finalize {
	return func(ctx context.Context, in middleware.FinalizeInput, next middleware.FinalizeHandler) (middleware.FinalizeOutput, middleware.Metadata, error) {
		attempt := 1
		if n, ok := middleware.GetStackValue(ctx, attemptsKey{}).(*int); ok {
			*n++
			attempt = *n
		}
		began := time.Now()
		out, metadata, err := next.HandleFinalize(ctx, in)
		request, _ := sdk.GetRequestIDMetadata(metadata)
		if e := (*awshttp.ResponseError)(nil); request == "" && errors.As(err, &e) {
			request = e.ServiceRequestID()
		}
		log.LogAttrs(
			ctx, level(err), "aws call", slog.String("service", sdk.GetServiceID(ctx)), slog.String("operation", sdk.GetOperationName(ctx)),
			slog.String("region", sdk.GetRegion(ctx)), slog.Int("attempt", attempt), slog.Duration("took", time.Since(began)),
			slog.String("outcome", outcome(err)), slog.String("request", request),
		)
		return out, metadata, err
	}
}

func level(err error) slog.Level {
	if err == nil {
		return slog.LevelDebug
	}
	return slog.LevelWarn
}

// outcome is "ok", or the code of an error: its text may quote a setting.
func outcome(err error) string {
	switch {
	case err == nil:
		return "ok"
	case errors.Is(err, context.Canceled):
		return "canceled"
	}
	if code := codeOf(err); code != "" {
		return code
	}
	if code, _ := classify(err); code != "" {
		return code
	}
	return "failed"
}
