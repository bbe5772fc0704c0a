// The ingress controller: skipper as it is, but that a response may begin while its request's body is being closed.
//
// Without that, Go's server closes the body of a request when the response's head is written, while Go's client, on the
// backend's side, may still look for the body's end: it then gives up the connection, and the response has no body. It
// meets quick answers to small bodies (a refusal, for example), some in a hundred on two cores.
package main

import (
	"net/http"

	log "github.com/sirupsen/logrus"
	"github.com/zalando/skipper"
	"github.com/zalando/skipper/config"
)

func main() {
	settings := config.NewConfig()
	if err := settings.Parse(); err != nil {
		log.Fatalf("settings: %v", err)
	}
	options := settings.ToOptions()
	options.CustomHttpHandlerWrap = func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(response http.ResponseWriter, request *http.Request) {
			if request.ProtoMajor == 1 {
				if err := http.NewResponseController(response).EnableFullDuplex(); err != nil {
					log.Warnf("full duplex: %v", err)
				}
			}
			next.ServeHTTP(response, request)
		})
	}
	log.Fatal(skipper.Run(options))
}
