// Command goyaml reads YAML documents as Go programs do. The tests compare what it prints with what was written.
//
// Each line of standard input is a JSON array of texts; each line of standard output answers with an array that has one
// entry a text: what sigs.k8s.io/yaml (Kubernetes' own reader) and go.yaml.in/yaml/v3 (most other Go programs) made of
// it, or their error.
package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"log"
	"os"

	yaml3 "go.yaml.in/yaml/v3"
	"sigs.k8s.io/yaml"
)

type reading struct {
	Documents []any  `json:"documents"`
	Error     string `json:"error"`
}

type readings struct {
	Kubernetes reading `json:"kubernetes"`
	V3         reading `json:"v3"`
}

func main() {
	log.SetFlags(0)
	decoder, encoder := json.NewDecoder(os.Stdin), json.NewEncoder(os.Stdout)
	for {
		var texts []string
		err := decoder.Decode(&texts)
		if errors.Is(err, io.EOF) {
			return
		}
		if err != nil {
			log.Fatalf("goyaml: standard input is no JSON array of strings: %v", err)
		}
		all := make([]readings, len(texts))
		for index, text := range texts {
			all[index] = readings{
				Kubernetes: printable(kubernetes([]byte(text))),
				V3:         printable(v3([]byte(text))),
			}
		}
		if err := encoder.Encode(all); err != nil {
			log.Fatalf("goyaml: %v", err)
		}
	}
}

// printable gives an error for what JSON cannot hold: NaN, infinities, keys that are no strings.
func printable(read reading) reading {
	if _, err := json.Marshal(read.Documents); err != nil {
		return reading{Error: err.Error()}
	}
	return read
}

// kubernetes reads one document strictly, so that a key that comes twice is an error.
func kubernetes(text []byte) reading {
	var document any
	if err := yaml.UnmarshalStrict(text, &document); err != nil {
		return reading{Error: err.Error()}
	}
	return reading{Documents: []any{document}}
}

// v3 reads all documents of the text.
func v3(text []byte) reading {
	var documents []any
	decoder := yaml3.NewDecoder(bytes.NewReader(text))
	for {
		var document any
		err := decoder.Decode(&document)
		if errors.Is(err, io.EOF) {
			return reading{Documents: documents}
		}
		if err != nil {
			return reading{Error: err.Error()}
		}
		documents = append(documents, document)
	}
}
