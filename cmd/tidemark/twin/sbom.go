package twin

import (
	"io"

	"github.com/spf13/cobra"

	"github.com/tidemark/tidemark/cmd/tidemark/command"
)

// sbomCmd prints the document itself, to be read or kept; with -o json it comes
// with what is known of it.
func sbomCmd(a *command.App) *cobra.Command {
	return &cobra.Command{
		Use: "sbom ARTIFACT", Short: "The bill of materials of an artifact, as it came",
		Long: `The bill of materials that tells what an artifact is made of, byte for byte as it
was given: CycloneDX or SPDX. Older ones are found with --as-of, as long as they
are kept.

  tidemark twin sbom sha256:… > shop.cdx.json
  tidemark twin sbom registry.example/shop:1.4 --as-of 2026-11-01
  tidemark twin sbom sha256:… -o json        its format, hash and time, and the document as base64`,
		Args: command.Args(1, 1, "an artifact: its digest, else NAME:TAG"),
		RunE: func(c *cobra.Command, args []string) error {
			return a.Asking(c.Context(), func(d command.Answers) error {
				doc, err := d.SBOM(c.Context(), args[0], a.Moment())
				if err != nil {
					return err
				}
				return a.Print.Document(doc, func(w io.Writer) { _, _ = w.Write(doc.Body) })
			})
		},
	}
}
