package cmd

import (
	"context"
	"net/http"
	"strings"

	"github.com/minio/minio/internal/logger"
)

// mayTell tells whether a request says nothing of the history of an object, or comes from the root user. It says something by
// headers with times and marks from elsewhere; saysMore: in another way.
func mayTell(ctx context.Context, headers http.Header, saysMore bool) bool {
	for name := range headers {
		saysMore = saysMore || strings.HasPrefix(name, "X-Minio-Source-")
	}
	asked := logger.GetReqInfo(ctx)
	return !saysMore || asked != nil && asked.Owner
}
