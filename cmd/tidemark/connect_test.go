package main

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"
)

// forges are command lines that connect a GitHub and a GitLab of one repository.
func forges(t *testing.T) (hub, lab []string) {
	t.Helper()
	answers := map[string]string{
		"/orgs/shop/repos": `[{"full_name":"shop/web","html_url":"https://github.com/shop/web","default_branch":"main"}]`,
		"/repos/shop/web/contents/.github/CODEOWNERS":           "* @shop/all\n",
		"/repos/shop/web/actions/runs":                          `{"workflow_runs":[{"id":17,"status":"completed","conclusion":"success"}]}`,
		"/groups/shop/projects":                                 `[{"id":7,"web_url":"https://gitlab.example.org/shop/web","default_branch":"main"}]`,
		"/projects/7/repository/files/.gitlab%2FCODEOWNERS/raw": "[All]\n* @shop\n",
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, ok := answers[r.URL.EscapedPath()]
		if !ok {
			w.WriteHeader(http.StatusNotFound)
		}
		_, _ = fmt.Fprint(w, body)
	}))
	t.Cleanup(server.Close)
	token := file(t, "forge-token", "t0ken")
	line := func(kind, group string) []string {
		return []string{"connect", kind, "--once", "--token-file", token, group, "shop", "--url", server.URL, "--allow-private"}
	}
	return line("github", "--org"), line("gitlab", "--group")
}
