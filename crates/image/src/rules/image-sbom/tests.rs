//! Formats, versions, and what is counted.

use serde_json::json;

use super::*;

#[test]
fn types_that_are_read() {
    for (kind, want) in [
        ("https://cyclonedx.org/bom", Some((SbomFormat::CycloneDx, None))),
        ("https://cyclonedx.org/bom/v1.5", Some((SbomFormat::CycloneDx, Some("1.5")))),
        ("https://spdx.dev/Document", Some((SbomFormat::Spdx, None))),
        ("https://spdx.dev/Document/v2.3", Some((SbomFormat::Spdx, Some("2.3")))),
        ("https://spdx.dev/Document/v3", Some((SbomFormat::Spdx, Some("3")))),
        ("https://cyclonedx.org/bom/", None),
        ("https://cyclonedx.org/bom/v", None),
        ("https://cyclonedx.org/bom/v1.", None),
        ("https://cyclonedx.org/bomb", None),
        ("https://spdx.dev/Document/v2.3/x", None),
        ("https://spdx.dev/document", None),
        ("", None),
    ] {
        assert_eq!(declared(kind), want, "{kind}");
        assert_eq!(reads(kind), want.is_some());
    }
}

#[test]
fn versions_below_the_one_of_the_type() {
    for (version, typed, same) in [
        ("2.3", "2.3", true),
        ("3.0.1", "3", true),
        ("3.0.1", "3.0", true),
        ("2.30", "2.3", false),
        ("2.2", "2.3", false),
        ("2", "2.3", false),
    ] {
        assert_eq!(is_version(version, typed), same, "{version} {typed}");
    }
}

#[test]
fn components_inside_components_count() {
    let inner = json!({ "name": "zlib", "version": "1.3" });
    let document = json!({
        "bomFormat": "CycloneDX", "specVersion": "1.6", "metadata": { "component": { "name": "image", "version": "1" } },
        "components": [
            { "name": "openssl", "version": "3.0", "components": [inner, { "name": "nameless", "version": " " }] },
            { "version": "1" }, { "name": "", "version": "1" }, { "name": "a", "version": 1 },
        ],
    });
    let said = cyclonedx(&document).unwrap();
    assert_eq!((said.version, said.listed, said.counted), (Some("1.6"), 6, 2));
    for bad in [json!(null), json!("CycloneDX"), json!({ "bomFormat": "cyclonedx" })] {
        assert!(cyclonedx(&bad).is_err(), "{bad}");
    }
    for bad in
        [json!({}), json!(null), json!("x"), json!([{ "name": "a", "version": "1", "components": {} }])]
    {
        assert!(cyclonedx(&json!({ "bomFormat": "CycloneDX", "components": bad })).is_err(), "{bad}");
    }
}

/// A document that lists the image alone lists nothing of what is in it.
#[test]
fn what_spdx_describes_is_the_image() {
    let package = |id: &str, version: &str| json!({ "SPDXID": id, "name": id, "versionInfo": version });
    let mut document = json!({
        "spdxVersion": "SPDX-2.3", "creationInfo": { "created": "2026-01-01T00:00:00Z" },
        "packages": [package("SPDXRef-image", "1"), package("SPDXRef-other", "NOASSERTION")],
        "relationships": [{ "spdxElementId": "SPDXRef-DOCUMENT", "relationshipType": "DESCRIBES", "relatedSpdxElement": "SPDXRef-image" }],
    });
    let said = spdx(&document).unwrap();
    assert_eq!((said.version, said.listed, said.counted), (Some("2.3"), 1, 0));
    assert_eq!(said.created, Some("2026-01-01T00:00:00Z"));
    document["packages"][1]["versionInfo"] = json!("2");
    assert_eq!(spdx(&document).unwrap().counted, 1);
    document["documentDescribes"] = json!(["SPDXRef-other"]);
    assert_eq!(spdx(&document).unwrap().listed, 0);
    for bad in [
        json!(null),
        json!("SPDXVersion: SPDX-2.3"),
        json!({}),
        json!({ "spdxVersion": 2.3 }),
        json!({ "@graph": 1 }),
    ] {
        assert!(spdx(&bad).is_err(), "{bad}");
    }
}

#[test]
fn spdx_3_is_a_graph() {
    let package = |id: &str| json!({ "type": "software_Package", "spdxId": id, "name": id, "software_packageVersion": "1" });
    let document = json!({ "@context": "https://spdx.org/rdf/3.0.1/spdx-context.jsonld", "@graph": [
        { "type": "CreationInfo", "@id": "_:c", "specVersion": "3.0.1", "created": "2026-01-01T00:00:00Z" },
        { "type": "SpdxDocument", "spdxId": "doc", "rootElement": ["image"] },
        package("image"), package("openssl"), { "type": "software_File", "spdxId": "f", "name": "f" },
    ]});
    let said = spdx(&document).unwrap();
    assert_eq!((said.version, said.listed, said.counted), (Some("3.0.1"), 1, 1));
}
