//! Parameters of every place, type and style.

use actix_web::test::TestRequest;
use actix_web::web::{Data, ServiceConfig};
use corpus::made::parameters::{configure, default::*};

use crate::{TestResponse, call, echo};

struct Echo;

impl DefaultApi for Echo {
    echo! {
        types(parameters: TypesParameters) -> TypesSuccess, TypesFailure;
        defaults(parameters: DefaultsParameters) -> DefaultsSuccess, DefaultsFailure;
        required(parameters: RequiredParameters) -> RequiredSuccess, RequiredFailure;
        query(parameters: QueryParameters) -> QuerySuccess, QueryFailure;
        free(parameters: FreeParameters) -> FreeSuccess, FreeFailure;
        simple(parameters: SimpleParameters) -> SimpleSuccess, SimpleFailure;
        label(parameters: LabelParameters) -> LabelSuccess, LabelFailure;
        matrix(parameters: MatrixParameters) -> MatrixSuccess, MatrixFailure;
        header(parameters: HeaderParameters) -> HeaderSuccess, HeaderFailure;
        overlap_id(parameters: OverlapIdParameters) -> OverlapIdSuccess, OverlapIdFailure;
        own(parameters: OwnParameters) -> OwnSuccess, OwnFailure;
        overlap_file(parameters: OverlapFileParameters) -> OverlapFileSuccess, OverlapFileFailure;
    }

    async fn overlap_me(&self) -> Result<OverlapMeSuccess, OverlapMeFailure> {
        Ok(OverlapMeSuccess::Ok("me".into()))
    }

    async fn overlap_head(
        &self,
        _: OverlapHeadParameters,
    ) -> Result<OverlapHeadSuccess, OverlapHeadFailure> {
        Ok(OverlapHeadSuccess::NoContent)
    }
}

pub fn routes(service: &mut ServiceConfig) {
    configure(service, &Data::new(Echo));
}

async fn send(request: TestRequest) -> TestResponse {
    call(routes, request).await
}

async fn get(path: &str) -> TestResponse {
    send(TestRequest::get().uri(path)).await
}

#[actix_web::test]
async fn every_type_is_read_and_checked() {
    for (query, read) in [
        ("int32=-5", "int32: Some(-5)"),
        (
            "int64=9223372036854775805",
            "int64: Some(9223372036854775805)",
        ),
        ("float=1.5", "float: Some(1.5)"),
        ("double=0.3", "double: Some(0.3)"),
        ("decimal=99.990", "decimal: Some(99.990)"),
        ("decimal=1e1", "decimal: Some(10)"),
        ("truth=true", "truth: Some(true)"),
        ("text=%C3%A4b", "text: Some(\"äb\")"),
        ("date=2026-02-28", "date: Some(2026-02-28)"),
        (
            "time=2026-01-15T09:30:00.5%2B01:00",
            "time: Some(2026-01-15T08:30:00.500Z)",
        ),
        (
            "uuid=01980c3e-5f6a-7c3b-9d2e-0123456789ab",
            "uuid: Some(01980c3e-",
        ),
        ("bytes=aGk%3D", "bytes: Some(Base64([104, 105]))"),
        ("color=dark+blue", "color: Some(DarkBlue)"),
        ("level=-3", "level: Some(Minus3)"),
        ("either=5", "either: Some(Integer(5))"),
        ("either=true", "either: Some(Boolean(true))"),
        (
            "json=%7B%22x%22%3A1%7D",
            "json: Some(Point { x: 1, y: None })",
        ),
        ("flag=true", "flag: Some(true)"),
        ("flag=", "flag: None"),
        ("unknown=1", "int32: None"),
    ] {
        println!("{query}");
        get(&format!("/types?{query}")).await.assert_received(read);
    }
    for query in [
        "int32=6",
        "int32=-6",
        "int32=1.0",
        "int32=x",
        "int32=",
        "int32=2147483648",
        "int32=%2B1",
        "int32=1&int32=2",
        "int64=7",
        "int64=9223372036854775808",
        "float=inf",
        "double=0",
        "double=0.35",
        "double=10.1",
        "decimal=100",
        "decimal=1e",
        "decimal=%2B5",
        "decimal=.5",
        "decimal=1_0",
        "truth=1",
        "truth=True",
        "text=a",
        "text=abcd",
        "text=AB",
        "text=%ff%ff",
        "date=2026-02-30",
        "date=2026-2-3",
        "time=2026-01-15",
        "time=2026-01-15T09:30:00",
        "time=2026-01-15%2009:30:00Z",
        "uuid=01980c3e5f6a7c3b9d2e0123456789ab",
        "bytes=!",
        "color=blue",
        "level=3",
        "either=x",
        "json=%7B%7D",
        "json=x",
        "flag=x",
    ] {
        println!("{query}");
        let name = query.split('=').next().unwrap();
        let pointer = if query.starts_with("json=%7B") {
            "json/x"
        } else {
            name
        };
        get(&format!("/types?{query}"))
            .await
            .assert_rejected(&[pointer]);
    }
    let many = get("/types?int32=x&truth=x&color=x&json=%7B%22x%22%3A-1%7D").await;
    many.assert_rejected(&["int32", "truth", "color", "json/x"]);
}

#[actix_web::test]
async fn defaults_replace_absent_parameters() {
    let response = get("/defaults").await;
    response
        .assert_received("number: 7")
        .assert_received(r#"text: "a \"quoted\" one""#)
        .assert_received("color: Red");
    response
        .assert_received("list: [1, 2]")
        .assert_received("date: 2026-01-15")
        .assert_received("broken: None");
    get("/defaults?number=8&list=3")
        .await
        .assert_received("number: 8")
        .assert_received("list: [3]");
    get("/defaults?number=x&list=x")
        .await
        .assert_rejected(&["number", "list/0"]);
}

#[actix_web::test]
async fn a_missing_required_parameter_is_named() {
    get("/required")
        .await
        .assert_rejected(&["q", "X-Header", "crumb"]);
    let request = TestRequest::get().uri("/required?q=");
    let request = request
        .insert_header(("x-header", "1"))
        .insert_header(("cookie", "a=b; crumb=2"));
    send(request)
        .await
        .assert_received("q: \"\"")
        .assert_received("x_header: 1")
        .assert_received("crumb: 2");
}

#[actix_web::test]
async fn lists_and_objects_of_the_query_in_every_style() {
    for (query, read) in [
        ("form=1,2,3", "form: Some([1, 2, 3])"),
        ("form=1%2C2", "form: None"),
        ("form=", "form: Some([])"),
        ("exploded=1&exploded=2", "exploded: Some([1, 2])"),
        ("space=1%202+3", "space: Some([1, 2, 3])"),
        ("pipe=1|2%7C3", "pipe: Some([1, 2, 3])"),
        (
            "deep[x]=1&deep%5By%5D=2.5",
            "deep: Some(Point { x: 1, y: Some(2.5) })",
        ),
        ("point=x,1,y,2", "point: Some(Point { x: 1, y: Some(2.0) })"),
        ("r=1&g=a&g=b", "{ r: Some(1), g: Some([\"a\", \"b\"]) }"),
        ("other=1", "spread: None"),
    ] {
        println!("{query}");
        match read {
            "form: None" => get(&format!("/query?{query}"))
                .await
                .assert_rejected(&["form/0"]),
            read => get(&format!("/query?{query}")).await.assert_received(read),
        };
    }
    for (query, pointer) in [
        ("form=1,1", "form"),
        ("form=1,2,3,4", "form"),
        ("form=1,x", "form/1"),
        ("form=1,", "form/1"),
        ("pipe=1,2", "pipe/0"),
        ("exploded=1&exploded=x", "exploded/1"),
        ("deep[y]=1", "deep/x"),
        ("deep[x]=-1", "deep/x"),
        ("point=x,1,y", "point/y"),
        ("point=y,1", "point/x"),
        ("r=x", "spread/r"),
    ] {
        println!("{query}");
        get(&format!("/query?{query}"))
            .await
            .assert_rejected(&[pointer]);
    }
    let deep = format!("/query?deep{}=1", "[a]".repeat(20_000));
    get(&deep).await.assert_rejected(&["deep"]);
    get("/free?a=1&b=2&other=c")
        .await
        .assert_received("{\"a\": 1, \"b\": 2}")
        .assert_received("other: Some(\"c\")");
    get("/free?a=1&deep[x]=2&deep%5By%5D=3&first=b&second=c&deeper[x]=4")
        .await
        .assert_received("rest: Some({\"a\": 1, \"deeper[x]\": 4})")
        .assert_received("deep: Some(Point { x: 2, y: Some(3.0) })")
        .assert_received("{ first: Some(\"b\"), second: Some(\"c\") }");
    get("/free?deep[x]=2&first=b")
        .await
        .assert_received("rest: None");
    get("/free?a=x").await.assert_rejected(&["rest/a"]);
    // A plus is a space in a query, and a plus in a cookie.
    let request = TestRequest::get()
        .uri("/free?other=a+b")
        .insert_header(("cookie", "a+b=c+d; %C3%A4=%20; note=e+f"));
    send(request)
        .await
        .assert_received("other: Some(\"a b\")")
        .assert_received("jar: Some({\"a+b\": \"c+d\", \"ä\": \" \"})")
        .assert_received("note: Some(\"e+f\")");
}

#[actix_web::test]
async fn paths_in_every_style() {
    let response = get("/path/5/1,2/x,1,y,2/x=3,y=4").await;
    response
        .assert_received("simple: 5")
        .assert_received("list: [1, 2]")
        .assert_received("object: Point { x: 1, y: Some(2.0) }");
    response.assert_received("exploded: Point { x: 3, y: Some(4.0) }");
    get("/path/x/1,x/x,-1/y=3").await.assert_rejected(&[
        "simple",
        "list/1",
        "object/x",
        "exploded/x",
    ]);

    let response = get("/label/.a.b/.1,2/.1.2/.x,1/.x=3.y=4").await;
    response
        .assert_received("one: \"a.b\"")
        .assert_received("list: [1, 2]")
        .assert_received("exploded: [1, 2]");
    response
        .assert_received("object: Point { x: 1, y: None }")
        .assert_received("fields: Point { x: 3, y: Some(4.0) }");
    get("/label/.a/.1.2/.1/.x.1/.x=3")
        .await
        .assert_received("list: [1, 2]")
        .assert_received("object: Point { x: 1,");
    get("/label/.a/1/.1/.x,1/.x=3")
        .await
        .assert_rejected(&["list/0"]);

    let response =
        get("/matrix/;one=a/;list=1,2/;exploded=1;exploded=2/;object=x,1/;x=3;y=4").await;
    response
        .assert_received("one: \"a\"")
        .assert_received("list: [1, 2]")
        .assert_received("exploded: [1, 2]");
    response
        .assert_received("object: Point { x: 1, y: None }")
        .assert_received("fields: Point { x: 3, y: Some(4.0) }");
    get("/matrix/;one/;list=x/;exploded=1/;object=x,1/;x=3")
        .await
        .assert_rejected(&["list/0"]);
}

#[actix_web::test]
async fn headers_and_cookies_in_every_style() {
    let request = TestRequest::get()
        .uri("/header")
        .insert_header(("x-number", "5"))
        .insert_header(("x-list", "1, 2"))
        .append_header(("x-list", "3"))
        .insert_header(("x-point", "x,1,y,2"))
        .insert_header(("x-fields", "x=1,y=2"))
        .insert_header(("x-color", "dark blue"))
        .insert_header((
            "cookie",
            "one=true; list=1,2; exploded=1&exploded=2; point=x,1",
        ));
    let response = send(request).await;
    response
        .assert_received("x_number: Some(5)")
        .assert_received("x_list: Some([1, 2, 3])")
        .assert_received("x_color: Some(DarkBlue)");
    response.assert_received("x_point: Some(Point { x: 1, y: Some(2.0) })");
    response.assert_received("x_fields: Some(Point { x: 1, y: Some(2.0) })");
    response
        .assert_received(" one: Some(true)")
        .assert_received(" list: Some([1, 2])")
        .assert_received("exploded: Some([1, 2])");
    response.assert_received(" point: Some(Point { x: 1, y: None })");
    let request = TestRequest::get()
        .uri("/header")
        .insert_header(("x-number", "0"))
        .insert_header(("x-list", "1,x"))
        .insert_header(("cookie", "one=1; list=x"));
    send(request)
        .await
        .assert_rejected(&["X-Number", "X-List/1", "one", "list/0"]);
}

#[actix_web::test]
async fn the_most_specific_path_wins() {
    get("/overlap/me").await.assert_received("me");
    get("/overlap/a.json")
        .await
        .assert_received("file_name: \"a\"");
    get("/overlap/a%2Fb").await.assert_received("id: \"a/b\"");
    let head = |path| TestRequest::with_uri(path).method(actix_web::http::Method::HEAD);
    assert_eq!(send(head("/overlap/a")).await.status, 204);
    assert_eq!(send(head("/overlap/me")).await.status, 200);
    let post = send(TestRequest::post().uri("/overlap/me")).await;
    assert_eq!((post.status, post.header("allow")), (405, "HEAD, GET"));
}

#[actix_web::test]
async fn types_of_the_implementation_have_the_limits_of_the_contract() {
    get("/own/05?ids=6,7&word=a&both[id]=8&both[word]=b")
        .await
        .assert_received("id: 5, ids: Some([6, 7]), word: Some(\"a\"), ")
        .assert_received("both: Some(OwnBoth { id: 8, word: Some(\"b\") })");
    get("/own/0?ids=1,0&word=abcdefghijklmnop&both[id]=0&both[word]=B")
        .await
        .assert_rejected(&["id", "ids/1", "word", "both/id", "both/word"]);
    get("/own/+5?ids=1,x&word=A&both[id]=x")
        .await
        .assert_rejected(&["id", "ids/1", "word", "both/id"]);
    // What only the type rejects.
    get("/own/5?word=unpronounceable&both[id]=1&both[word]=unpronounceable")
        .await
        .assert_rejected(&["word", "both"]);
}
