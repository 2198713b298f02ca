#![expect(
    clippy::needless_pass_by_value,
    reason = "a tool is given its arguments"
)]

use memos_core::{Code, CubeId, Result};
use rmcp::model::Resource;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::super::super::home::{name_of, named};
use super::super::super::resources;
use super::super::super::tool::{Call, Said};
use super::{OWNER, Told, cube_named, cube_or_own, cubes_of, filled, principal, told};
use crate::faces::kit::cube_of;
use crate::wire::CreateCubeRequest;

#[derive(Deserialize, JsonSchema)]
pub(super) struct NewUser {
    /// Unique identifier for the user.
    user_id: String,
    /// User role: "USER" for regular users, "ADMIN" for administrators. It is noted.
    role: Option<String>,
    /// Display name for the user. If not provided, uses user_id.
    user_name: Option<String>,
}

pub(super) fn create_user(call: &Call<'_>, asked: NewUser) -> Result<Said<Told>> {
    let name = filled(asked.user_id, "user_id")?;
    let role = match asked.role {
        Some(role) if role.eq_ignore_ascii_case("admin") => "ADMIN",
        _ => "USER",
    };
    let request = CreateCubeRequest {
        id: Some(cube_of(name.trim()).to_string()),
        name: Some(named(asked.user_name).unwrap_or_else(|| name.clone())),
        description: None,
        info: Map::from_iter([
            (OWNER.to_owned(), name.as_str().into()),
            ("role".to_owned(), role.into()),
        ]),
    };
    there_or_new(call, request)?;
    Ok(told(format!("User created successfully: {name}")))
}

#[derive(Deserialize, JsonSchema)]
pub(super) struct NewCube {
    /// Human-readable name for the memory cube.
    cube_name: String,
    /// User ID of the cube owner.
    owner_id: String,
    /// Not used: everything lies in the server's data folder.
    #[expect(dead_code, reason = "taken as theirs takes it")]
    cube_path: Option<String>,
    /// Custom unique identifier for the cube. If not provided, one will be generated.
    cube_id: Option<String>,
}

pub(super) fn create_cube(call: &Call<'_>, asked: NewCube) -> Result<Said<Told>> {
    let owner = filled(asked.owner_id, "owner_id")?;
    let cube = call.memos.create_cube(
        call.who,
        CreateCubeRequest {
            id: named(asked.cube_id).map(|id| cube_of(id.trim()).to_string()),
            name: Some(filled(asked.cube_name, "cube_name")?),
            description: None,
            info: Map::from_iter([(OWNER.to_owned(), owner.into())]),
        },
    )?;
    Ok(told(format!("Cube created successfully: {}", cube.id)))
}

#[derive(Deserialize, JsonSchema)]
pub(super) struct Register {
    /// Name of the memory cube. It is no path: this server opens no files for its clients.
    cube_name_or_path: String,
    /// Custom identifier for the cube. If not provided, the name is used.
    cube_id: Option<String>,
    /// User ID to associate with a new cube. If not provided, uses the default user.
    user_id: Option<String>,
}

pub(super) fn register_cube(call: &Call<'_>, asked: Register) -> Result<Said<Told>> {
    let name = filled(asked.cube_name_or_path, "cube_name_or_path")?;
    let cube = cube_of(named(asked.cube_id.as_deref()).unwrap_or(&name).trim());
    let owner = name_of(asked.user_id).unwrap_or_else(|| call.home.own_user());
    there_or_new(
        call,
        CreateCubeRequest {
            id: Some(cube.to_string()),
            name: Some(name),
            description: None,
            info: Map::from_iter([(OWNER.to_owned(), owner.as_str().into())]),
        },
    )?;
    call.client.register(&owner, &cube);
    Ok(told(format!("Cube registered successfully: {cube}")))
}

#[derive(Deserialize, JsonSchema)]
pub(super) struct Unregister {
    /// Unique identifier of the cube to unregister.
    cube_id: String,
    /// User ID for access validation. If not provided, uses the default user.
    #[expect(dead_code, reason = "taken as theirs takes it")]
    user_id: Option<String>,
}

pub(super) fn unregister_cube(call: &Call<'_>, asked: Unregister) -> Result<Said<Told>> {
    let cube = cube_named(call, &asked.cube_id)?;
    call.memos.cube(call.who, &cube)?;
    call.client.unregister(&cube);
    Ok(told(format!(
        "Cube unregistered successfully: {}",
        asked.cube_id
    )))
}

#[derive(Deserialize, JsonSchema)]
pub(super) struct Dump {
    /// Not used: this server writes no files for its clients.
    #[expect(dead_code, reason = "taken as theirs takes it")]
    dump_dir: Option<String>,
    /// User ID for access validation. If not provided, uses the default user.
    user_id: Option<String>,
    /// Cube ID to export. If not provided, uses the user's default cube.
    cube_id: Option<String>,
}

#[derive(Serialize, JsonSchema)]
pub(super) struct Dumped {
    /// What was done.
    result: String,
    /// The resource that holds the export.
    uri: String,
    /// How many memories it holds.
    memories: usize,
}

pub(super) fn dump_cube(call: &Call<'_>, asked: Dump) -> Result<Said<Dumped>> {
    let cube = cube_or_own(call, asked.cube_id.as_deref(), asked.user_id.as_deref())?;
    let memories = call.unless_new(&cube, call.memos.count(call.who, &cube))?;
    let uri = resources::dump_uri(&cube);
    let result = format!(
        "Cube dumped successfully to: {uri} ({memories} memories; read this resource; no file was \
         written)"
    );
    let link = Resource::new(uri.clone(), format!("{cube}.jsonl"))
        .with_description(format!("All memories of cube {cube}, as JSON Lines"))
        .with_mime_type("application/jsonl");
    let dumped = Dumped {
        result: result.clone(),
        uri,
        memories,
    };
    Ok(Said {
        links: vec![link],
        ..Said::new(result, dumped)
    })
}

#[derive(Deserialize, JsonSchema)]
pub(super) struct Share {
    /// Unique identifier of the cube to share.
    cube_id: String,
    /// User ID of the person to share the cube with.
    target_user_id: String,
}

pub(super) fn share_cube(call: &Call<'_>, asked: Share) -> Result<Said<Told>> {
    let cube = cube_named(call, &asked.cube_id)?;
    let with = filled(asked.target_user_id, "target_user_id")?;
    call.memos.share_cube(call.who, &cube, &principal(&with)?)?;
    Ok(told(format!(
        "Cube {} shared successfully with user {with}",
        asked.cube_id
    )))
}

#[derive(Deserialize, JsonSchema)]
pub(super) struct UserInfo {
    /// User ID to get information for. If not provided, uses the current user.
    user_id: Option<String>,
}

#[derive(Serialize, JsonSchema)]
pub(super) struct User {
    /// The user.
    user_id: String,
    /// What people call the user.
    user_name: String,
    /// The role that was noted.
    role: String,
    /// When the user came to be; null if nothing of the user is stored yet.
    created_at: Option<String>,
    /// The memory cubes that the user can access.
    accessible_cubes: Vec<Accessible>,
}

#[derive(Serialize, JsonSchema)]
struct Accessible {
    /// The cube.
    cube_id: String,
    /// What people call it.
    cube_name: String,
    /// Its place: none of its own.
    cube_path: Option<String>,
    /// The user that it was made for.
    owner_id: String,
    /// Whether it is available for memory operations in this session.
    is_loaded: bool,
}

pub(super) fn get_user_info(call: &Call<'_>, asked: UserInfo) -> Result<Said<User>> {
    let user = name_of(asked.user_id).unwrap_or_else(|| call.home.own_user());
    let cubes = cubes_of(call, &user)?;
    let own = cube_of(&user);
    let home = cubes.iter().find(|cube| cube.id == own.as_str());
    let noted = |name: &str| home.and_then(|cube| cube.info.get(name)?.as_str());
    let answer = User {
        // A cube that came to be by itself has its id for a name.
        user_name: home
            .filter(|cube| cube.name != own.as_str())
            .map_or_else(|| user.clone(), |cube| cube.name.clone()),
        role: noted("role").unwrap_or("USER").to_owned(),
        created_at: home.map(|cube| cube.created_at.to_string()),
        accessible_cubes: cubes
            .iter()
            .map(|cube| Accessible {
                cube_id: cube.id.clone(),
                cube_name: cube.name.clone(),
                cube_path: None,
                owner_id: match cube.info.get(OWNER).and_then(Value::as_str) {
                    Some(owner) => owner.to_owned(),
                    None if cube.id == own.as_str() => user.clone(),
                    None => cube.owner.clone(),
                },
                is_loaded: CubeId::new(cube.id.as_str())
                    .is_ok_and(|id| !call.client.has_unregistered(&id)),
            })
            .collect(),
        user_id: user,
    };
    Ok(Said::json(answer))
}

/// Creates a cube unless it is there.
fn there_or_new(call: &Call<'_>, request: CreateCubeRequest) -> Result<()> {
    match call.memos.create_cube(call.who, request) {
        Err(e) if e.code() == Code::CubeExists => Ok(()),
        created => created.map(drop),
    }
}
