use super::*;

const BODY: &str = "iAIA\n=eF1C\n";

fn read(text: &str) -> Result<(Option<Label>, Vec<u8>), Malformed> {
    open(text.as_bytes(), 1000)
}

fn armored(body: &str) -> String {
    format!("-----BEGIN PGP SIGNATURE-----\n\n{body}-----END PGP SIGNATURE-----\n")
}

#[test]
fn one_block() {
    let bytes = vec![0x88, 2, 0];
    assert_eq!(crc24(&bytes), {
        let sum = STANDARD.decode("eF1C").unwrap();
        u32::from_be_bytes([0, sum[0], sum[1], sum[2]])
    });
    let expected = Ok((Some(Label::Signature), bytes.clone()));
    assert_eq!(read(&armored(BODY)), expected);
    assert_eq!(read(&armored("iAIA\n")), expected, "RFC 9580 needs no checksum");
    assert_eq!(read(&armored(BODY).replace('\n', "\r\n")), expected);
    assert_eq!(
        read(&format!("\n{} \n\n", armored(BODY).replace("-----\n\n", "-----\nComment: x\nVersion: 1\n\n"))),
        expected
    );
    assert_eq!(open(&bytes, 1000), Ok((None, bytes)));
}

#[test]
fn what_is_no_block() {
    let wrong = |text: &str| match read(text) {
        Err(Malformed::Armor(error)) => error,
        other => panic!("{text}: {other:?}"),
    };
    let good = armored(BODY);
    assert_eq!(read(""), Err(Malformed::Empty));
    assert_eq!(open(&[b'x'; 9], 8), Err(Malformed::TooLong { max: 8 }));
    assert_eq!(wrong("\n"), ArmorError::NoBegin);
    assert_eq!(wrong("hello\n"), ArmorError::NoBegin);
    assert_eq!(wrong(&format!("hello\n{good}")), ArmorError::NoBegin);
    assert_eq!(wrong(&good.replace("SIGNATURE", "NOVELTY")), ArmorError::NoBegin);
    assert_eq!(wrong(&good.replace("END PGP SIGNATURE", "END PGP MESSAGE")), ArmorError::NoEnd);
    assert_eq!(wrong(&armored("")[..32]), ArmorError::NoEnd);
    assert_eq!(wrong("-----BEGIN PGP SIGNATURE-----\n\niAIA\n"), ArmorError::NoEnd);
    assert_eq!(wrong(&good.replace("-----\n\n", "-----\n")), ArmorError::Header { line: 2 });
    assert_eq!(wrong(&good.replace("-----\n\n", "-----\nEvil: 1\n\n")), ArmorError::Header { line: 2 });
    assert_eq!(wrong(&good.replace("-----\n\n", "-----\nComment:x\n\n")), ArmorError::Header { line: 2 });
    assert_eq!(wrong(&armored("i AIA\n")), ArmorError::Base64 { line: 3 });
    assert_eq!(wrong(&armored("iAI\n")), ArmorError::Base64 { line: 3 });
    assert_eq!(wrong(&armored("iAIA\n\n=eF1C\n")), ArmorError::Base64 { line: 4 });
    assert_eq!(wrong(&armored("iAIA\n=eF1C\niAIA\n")), ArmorError::Base64 { line: 5 });
    assert_eq!(wrong(&armored("iAIA\n=AAAA\n")), ArmorError::Checksum);
    assert_eq!(wrong(&format!("{good}{good}")), ArmorError::Outside { line: 6 });
    assert_eq!(wrong(&format!("{good}more\n")), ArmorError::Outside { line: 6 });
    assert_eq!(open(b"\x01\xff", 9), Err(ArmorError::NotText.into()));
}
