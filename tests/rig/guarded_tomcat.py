"""Tomcat from Debian's packages with one small application of pages in JSP; nothing of it is started as a service.

How a session ends here: when it is asked for `maxInactiveInterval` whole seconds after its last use or later. A page that is
asked for with an id that Tomcat does not know begins a session of its own. Who sends no cookie gets the id in the links, as
`;jsessionid=`.
"""

from dataclasses import dataclass
from pathlib import Path

from rig.guarded import Guarded
from rig.guest import PASSWORD
from rig.installs import debian_packages
from rig.process import environment

FILES = Path("/usr/share/tomcat10")
SERVER = """<Server port="-1"><Service name="Catalina">
  <Connector port="{port}" address="127.0.0.1" maxThreads="8" minSpareThreads="2"/>
  <Engine name="Catalina" defaultHost="localhost">
    <Host name="localhost" appBase="webapps" autoDeploy="false" deployXML="false" startStopThreads="1"/>
  </Engine>
</Service></Server>
"""
CONTEXT = """<Context><JarScanner scanClassPath="false" scanManifest="false"/><Manager pathname=""/></Context>
"""
WEB = """<web-app xmlns="https://jakarta.ee/xml/ns/jakartaee" version="6.0" metadata-complete="true">
  <servlet>
    <servlet-name>jsp</servlet-name>
    <servlet-class>org.apache.jasper.servlet.JspServlet</servlet-class>
    <init-param><param-name>development</param-name><param-value>false</param-value></init-param>
    <load-on-startup>1</load-on-startup>
  </servlet>
  <servlet-mapping><servlet-name>jsp</servlet-name><url-pattern>*.jsp</url-pattern></servlet-mapping>
</web-app>
"""
LOGIN = """<%@ page contentType="text/html; charset=UTF-8" %><%
if ("{password}".equals(request.getParameter("password"))) {{
    request.changeSessionId();
    session.setMaxInactiveInterval({timeout});
    session.setAttribute("user", request.getParameter("username"));
    response.sendRedirect(response.encodeRedirectURL("page.jsp"));
    return;
}}
%><!doctype html><title>Log in</title>
<form method="post" action="<%= response.encodeURL("login.jsp") %>">
<input name="username"><input name="password" type="password"><button>Log in</button></form>
"""
PAGE = """<%@ page contentType="text/html; charset=UTF-8" %><%
if (session.getAttribute("user") == null) {
    response.sendRedirect(response.encodeRedirectURL("login.jsp"));
    return;
}
%><!doctype html><title>Page</title>
<p>Welcome, <%= session.getAttribute("user") %></p>
<p><a href="<%= response.encodeURL("page.jsp") %>">Again</a></p>
<form method="post" action="<%= response.encodeURL("logout.jsp") %>"><button name="logout">Log out</button></form>
"""
LOGOUT = """<%
session.invalidate();
Cookie left = new Cookie("JSESSIONID", "");
left.setPath("/");
left.setMaxAge(0);
response.addCookie(left);
response.sendRedirect("login.jsp");
%>
"""


@dataclass
class Tomcat(Guarded):
    """Tomcat. It takes a new id at login and deletes the cookie at logout; its cookie has no end of its own."""

    cookie = "JSESSIONID"
    page = "/page.jsp"

    def prepare(self, home: Path) -> tuple[list[str], dict[str, str]]:
        debian_packages(self.factory, ["java", str(FILES / "bin" / "bootstrap.jar")], "tomcat10-common")
        self._write(home)
        path = ":".join(str(FILES / "bin" / name) for name in ("bootstrap.jar", "tomcat-juli.jar"))
        places = {"catalina.home": FILES, "catalina.base": home, "java.io.tmpdir": home / "temp"}
        quickly = ["-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xshare:auto", "-Xmx64m"]
        said = [f"-D{name}={value}" for name, value in places.items()]
        return ["java", *quickly, *said, "-cp", path, "org.apache.catalina.startup.Bootstrap", "start"], environment()

    def _write(self, home: Path) -> None:
        """The server's settings and the application."""
        for name in ("conf", "temp", "logs", "work", "webapps/ROOT/WEB-INF"):
            (home / name).mkdir(parents=True)
        files = {
            "conf/server.xml": SERVER.format(port=self.port),
            "conf/context.xml": CONTEXT,
            "webapps/ROOT/WEB-INF/web.xml": WEB,
            "webapps/ROOT/login.jsp": LOGIN.format(password=PASSWORD, timeout=self.timeout),
            "webapps/ROOT/page.jsp": PAGE,
            "webapps/ROOT/logout.jsp": LOGOUT,
        }
        for name, text in files.items():
            (home / name).write_text(text)
