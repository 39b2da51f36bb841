package part

import (
	"encoding/json"
	"strings"

	"github.com/tidemark/tidemark/internal/twin"
)

// spdx reads the AI and Dataset profiles of SPDX 3.
type spdx struct {
	*collector
	names map[string]twin.End // by spdxId
}

// element is what is looked at of an element of the graph.
type element struct {
	Type         string `json:"type"`
	ID           string `json:"spdxId"`
	Name         string `json:"name"`
	Version      string `json:"software_packageVersion"`
	Download     string `json:"software_downloadLocation"`
	Purl         string `json:"software_packageUrl"`
	Description  string `json:"description"`
	Relationship string `json:"relationshipType"`
	From         string `json:"from"`
	To           many   `json:"to"`

	aiProfile
	dataProfile
}

type aiProfile struct {
	Domain      many   `json:"ai_domain"`
	Models      many   `json:"ai_typeOfModel"`
	Application string `json:"ai_informationAboutApplication"`
	Limitation  string `json:"ai_limitation"`
	Risk        string `json:"ai_safetyRiskAssessment"`
	Personal    string `json:"ai_useSensitivePersonalInformation"`
	Metrics     []struct {
		Key   string `json:"key"`
		Value string `json:"value"`
	} `json:"ai_metric"`
}

type dataProfile struct {
	Kinds           many   `json:"dataset_datasetType"`
	Confidentiality string `json:"dataset_confidentialityLevel"`
	Sensitive       string `json:"dataset_hasSensitivePersonalInformation"`
}

func (s *spdx) read(graph json.RawMessage) error {
	var raw []json.RawMessage
	if err := json.Unmarshal(graph, &raw); err != nil {
		return err
	}
	s.names = map[string]twin.End{}
	var elements []*element
	for _, r := range raw {
		var probe struct {
			Type string `json:"type"`
		}
		if json.Unmarshal(r, &probe) != nil || !isRead(probe.Type) {
			continue
		}
		var e element
		if err := json.Unmarshal(r, &e); err != nil {
			return err
		}
		elements = append(elements, &e)
		s.name(&e)
	}
	links := map[string][]twin.Link{}
	for _, e := range elements {
		if e.Relationship == "trainedOn" || e.Relationship == "testedOn" {
			links[e.From] = append(links[e.From], s.reads(e)...)
		}
	}
	for _, e := range elements {
		if err := s.add(e, links[e.ID]); err != nil {
			return err
		}
	}
	return nil
}

func isRead(kind string) bool {
	switch kind {
	case "ai_AIPackage", "dataset_DatasetPackage", "Relationship", "SpdxDocument":
		return true
	}
	return false
}

func (s *spdx) name(e *element) {
	kind := ""
	switch e.Type {
	case "ai_AIPackage":
		kind = twin.KindModel
	case "dataset_DatasetPackage":
		kind = twin.KindDataset
	case "SpdxDocument":
		s.subject = clean(e.Name)
	}
	if kind != "" && e.Name != "" {
		s.names[e.ID] = twin.End{Kind: kind, Name: twin.VersionedName(clean(e.Name), clean(e.Version))}
	}
}

func (s *spdx) reads(e *element) []twin.Link {
	var out []twin.Link
	for _, to := range e.To {
		if end, ok := s.names[to]; ok && end.Kind == twin.KindDataset {
			out = append(out, twin.Link{Rel: twin.RelReads, To: end})
		}
	}
	return out
}

func (s *spdx) add(e *element, links []twin.Link) error {
	end, ok := s.names[e.ID]
	switch {
	case !ok:
		return nil
	case end.Kind == twin.KindDataset:
		return s.thing(end.Kind, end.Name, e.dataset())
	}
	m := twin.Model{
		Title: clean(e.Name), Version: clean(e.Version), Purl: clean(e.Purl), Task: clean(e.Application),
		Family: clean(strings.Join(cleaned(e.Models), ", ")), UseCases: cleaned(e.Domain), Limitations: cleaned([]string{e.Limitation}),
		SafetyRisk: clean(e.Risk),
	}
	if e.Personal == "yes" {
		m.SensitiveData = []string{"personal information"}
	}
	for _, metric := range e.Metrics[:min(len(e.Metrics), maxList)] {
		m.Measures = append(m.Measures, twin.Measure{Kind: clean(metric.Key), Value: clean(metric.Value)})
	}
	if s.in.Service != "" {
		s.flow(twin.Flow{From: twin.End{Kind: twin.KindWorkload, Scope: s.scope(), Name: clean(s.in.Service)}, To: end, Where: []string{"AI package"}})
	}
	return s.thing(end.Kind, end.Name, m, links...)
}

func (e *element) dataset() twin.Dataset {
	d := twin.Dataset{
		Title: clean(e.Name), Version: clean(e.Version), Kind: clean(strings.Join(cleaned(e.Kinds), ", ")), URL: clean(e.Download),
		Description: clean(e.Description), Data: twin.Sorted([]string{clean(e.Confidentiality)}),
	}
	if e.Sensitive == "yes" {
		d.Sensitive = []string{"personal information"}
	}
	return d
}
