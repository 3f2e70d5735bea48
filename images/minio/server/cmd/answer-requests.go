package cmd

import (
	"context"
	"time"
)

// answerRequests takes no new requests, and answers those that are there, for 20 seconds at most.
func answerRequests() {
	httpServer := newHTTPServerFn()
	if httpServer == nil {
		return
	}
	ctx, done := context.WithTimeout(context.Background(), 20*time.Second)
	defer done()
	shutdownLogIf(ctx, httpServer.Server.Shutdown(ctx))
}
