-- +goose Up
-- What suppliers say of their products in CSAF documents.
CREATE TABLE supplier_statement (
    cve       TEXT   NOT NULL,
    document  TEXT   NOT NULL,
    purl      TEXT   NOT NULL, -- without qualifiers
    verdict   TEXT   NOT NULL,
    product   TEXT   NOT NULL,
    reason    TEXT   NOT NULL,
    publisher TEXT   NOT NULL,
    address   TEXT   NOT NULL,
    dated     BIGINT NOT NULL,
    PRIMARY KEY (cve, document, purl, verdict)
) /*WITHOUT ROWID*/;

-- +goose Down
SELECT 1;
