//! Files that are damaged, foreign, or of a newer version.

use std::fs;

use futures_executor::block_on;
use line_channel_token_cache::store::{FileStore, StoreErrorKind, TokenStore};

use super::support::{HOUR, current, current_now, key, key_of, place, set, value, value_file};

fn load_kind(store: &FileStore) -> StoreErrorKind {
    block_on(store.load(&key())).unwrap_err().kind()
}

#[test]
fn damaged_files_are_set_aside() {
    let (_temporary, directory) = place();
    let store = FileStore::new(&directory).unwrap();
    set(&store, 1).unwrap();
    let file = value_file(&directory);
    let whole = fs::read(&file).unwrap();
    let mut changed = whole.clone();
    changed[whole.len() - 1] ^= 1;
    let cases = [vec![], whole[..whole.len() / 2].to_vec(), changed, vec![0; 4096], b"{\"token\":1}\n".to_vec()];
    for (number, bytes) in cases.into_iter().enumerate() {
        fs::write(&file, &bytes).unwrap();
        assert_eq!(load_kind(&store), StoreErrorKind::Unreadable);
        let error = block_on(store.compare_and_set(&key(), None, &value(2), HOUR)).unwrap_err();
        assert_eq!(error.kind(), StoreErrorKind::Unreadable, "{error}");
        assert!(error.to_string().contains("set it aside"), "{error}");
        assert_eq!(fs::read(&file).unwrap(), bytes, "it is not overwritten");

        let aside = block_on(store.set_aside(&key(), None)).unwrap().unwrap();
        assert!(aside.ends_with(&format!("1234567890.jwt.token.damaged-{}", number + 1)), "{aside}");
        assert_eq!(fs::read(aside).unwrap(), bytes);
        set(&store, 3).unwrap();
        assert_eq!(current_now(&store), 3);
    }
}

#[test]
fn the_number_of_damaged_files_is_bounded() {
    let (_temporary, directory) = place();
    let store = FileStore::new(&directory).unwrap();
    for number in 0..20 {
        fs::write(value_file(&directory), format!("damage {number}")).unwrap();
        super::support::set_mode(&value_file(&directory), 0o600);
        let aside = block_on(store.set_aside(&key(), None)).unwrap().unwrap();
        assert_eq!(fs::read_to_string(aside).unwrap(), format!("damage {number}"), "the newest is kept");
    }
    let names = fs::read_dir(&directory).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut kept: Vec<_> = names.filter(|name| name.contains("damaged")).collect();
    kept.sort();
    assert_eq!(kept, (1..=8).map(|number| format!("1234567890.jwt.token.damaged-{number}")).collect::<Vec<_>>());
}

#[test]
fn a_file_that_can_be_read_stays() {
    let (_temporary, directory) = place();
    let store = FileStore::new(&directory).unwrap();
    assert_eq!(block_on(store.set_aside(&key(), None)).unwrap(), None, "there is none");
    set(&store, 1).unwrap();
    let (_, first) = block_on(current(&store)).unwrap();
    set(&store, 2).unwrap();
    assert_eq!(block_on(store.set_aside(&key(), None)).unwrap(), None);
    assert_eq!(block_on(store.set_aside(&key(), first.as_ref())).unwrap(), None, "that revision is gone");
    assert_eq!(current_now(&store), 2);

    let (_, second) = block_on(current(&store)).unwrap();
    let aside = block_on(store.set_aside(&key(), second.as_ref())).unwrap().unwrap();
    assert!(fs::metadata(aside).unwrap().len() > 1000);
    assert_eq!(current_now(&store), 0);
    set(&store, 3).unwrap();
}

#[test]
fn a_newer_version_is_not_touched() {
    let (_temporary, directory) = place();
    let store = FileStore::new(&directory).unwrap();
    set(&store, 1).unwrap();
    let (_, revision) = block_on(current(&store)).unwrap();
    let text = fs::read_to_string(value_file(&directory)).unwrap();
    for version in ["2", "10", "4294967295"] {
        let newer = text.replacen(" 1 ", &format!(" {version} "), 1);
        fs::write(value_file(&directory), &newer).unwrap();
        let error = block_on(store.load(&key())).unwrap_err();
        assert_eq!(error.kind(), StoreErrorKind::Incompatible, "{error}");
        assert!(error.to_string().contains(&format!("its format is {version}")), "{error}");
        for expected in [None, revision.as_ref()] {
            let error = block_on(store.compare_and_set(&key(), expected, &value(2), HOUR)).unwrap_err();
            assert_eq!(error.kind(), StoreErrorKind::Incompatible, "{error}");
            assert_eq!(block_on(store.set_aside(&key(), expected)).unwrap(), None);
        }
        assert_eq!(fs::read_to_string(value_file(&directory)).unwrap(), newer);
    }
}

#[test]
fn a_copy_to_another_channel_is_foreign() {
    let (_temporary, directory) = place();
    let store = FileStore::new(&directory).unwrap();
    set(&store, 1).unwrap();
    fs::copy(value_file(&directory), directory.join("1234567891.jwt.token")).unwrap();
    let error = block_on(store.load(&key_of("1234567891"))).unwrap_err();
    assert_eq!(error.kind(), StoreErrorKind::Unreadable);
    assert!(error.to_string().contains("copy of the file of another channel"), "{error}");
}

#[test]
fn a_directory_that_was_removed_is_created_again() {
    let (_temporary, directory) = place();
    let store = FileStore::new(&directory).unwrap();
    set(&store, 1).unwrap();
    fs::remove_dir_all(&directory).unwrap();
    assert_eq!(current_now(&store), 0);
    set(&store, 2).unwrap();
    assert_eq!((current_now(&store), super::support::mode(&directory)), (2, 0o700));
}

#[test]
fn too_large_a_value_is_refused() {
    let (_temporary, directory) = place();
    let store = FileStore::new(&directory).unwrap();
    let large = line_channel_token_cache::store::StoredValue::new(vec![7; (1 << 20) + 1]);
    let error = block_on(store.compare_and_set(&key(), None, &large, HOUR)).unwrap_err();
    assert_eq!(error.kind(), StoreErrorKind::InvalidSettings, "{error}");
    assert_eq!(current_now(&store), 0);
}
