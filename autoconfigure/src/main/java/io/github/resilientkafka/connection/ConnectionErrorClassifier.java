package io.github.resilientkafka.connection;

import io.github.resilientkafka.connection.ConnectionError.Kind;
import java.io.EOFException;
import java.net.ConnectException;
import java.net.NoRouteToHostException;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.net.UnknownHostException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.UnresolvedAddressException;
import java.security.GeneralSecurityException;
import java.security.cert.CertificateExpiredException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Set;
import javax.net.ssl.SSLException;
import javax.security.auth.login.LoginException;
import org.apache.kafka.common.config.ConfigException;
import org.apache.kafka.common.errors.AuthenticationException;
import org.apache.kafka.common.errors.AuthorizationException;
import org.apache.kafka.common.errors.DisconnectException;
import org.apache.kafka.common.errors.IllegalSaslStateException;
import org.apache.kafka.common.errors.NetworkException;
import org.apache.kafka.common.errors.SaslAuthenticationException;
import org.apache.kafka.common.errors.SslAuthenticationException;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.errors.UnsupportedSaslMechanismException;
import org.jspecify.annotations.Nullable;

/**
 * Says what an error in reaching Kafka means, and gives a hint. For errors of Kafka's clients, of sockets and of TLS.
 * <p>
 * The whole cause chain is searched, and the most telling error in it decides: a time-out that was caused by an unknown
 * host is a matter of DNS. Thread-safe, without state.
 */
public final class ConnectionErrorClassifier {

    private static final String NO_TLS_HERE =
            "The broker's port does not speak TLS: use the port of its TLS listener, or set"
                    + " spring.kafka.security.protocol to PLAINTEXT (SASL_PLAINTEXT with a login).";

    /**
     * Most telling first.
     */
    private static final List<Rule> RULES = List.of(
            rule(
                    GeneralSecurityException.class,
                    "PKIX path",
                    Kind.TLS,
                    "The broker's certificate is not trusted: give the certificate of its issuer in"
                            + " spring.kafka.ssl.trust-store-location (or trust-store-certificates)."),
            rule(
                    CertificateExpiredException.class,
                    "",
                    Kind.TLS,
                    "A certificate has expired: renew it, and check the clocks of both sides."),
            rule(
                    GeneralSecurityException.class,
                    "No subject alternative",
                    Kind.TLS,
                    "The broker's certificate is for another host name: reach the broker by a name that is in it"
                            + " (bootstrap servers and advertised.listeners)."),
            rule(
                    GeneralSecurityException.class,
                    "No name matching",
                    Kind.TLS,
                    "The broker's certificate is for another host name: reach the broker by a name that is in it"
                            + " (bootstrap servers and advertised.listeners)."),
            rule(SSLException.class, "Unsupported or unrecognized SSL message", Kind.TLS, NO_TLS_HERE),
            rule(SSLException.class, "Remote host terminated the handshake", Kind.TLS, NO_TLS_HERE),
            rule(
                    SSLException.class,
                    "Received fatal alert",
                    Kind.TLS,
                    "The broker ended the TLS handshake: it may want a client certificate (spring.kafka.ssl.key-store-*)"
                            + " or other protocol versions (spring.kafka.ssl.protocol)."),
            rule(
                    Exception.class,
                    "Failed to load SSL keystore",
                    Kind.TLS,
                    "A key or trust store cannot be read: check location, type and password in spring.kafka.ssl.*."),
            rule(SslAuthenticationException.class, "", Kind.TLS, "The TLS handshake failed: check spring.kafka.ssl.*."),
            rule(SSLException.class, "", Kind.TLS, "The TLS handshake failed: check spring.kafka.ssl.*."),
            rule(
                    UnsupportedSaslMechanismException.class,
                    "",
                    Kind.AUTHENTICATION,
                    "The broker does not offer this SASL mechanism: set spring.kafka.properties[sasl.mechanism] to one"
                            + " that it has enabled."),
            rule(
                    IllegalSaslStateException.class,
                    "",
                    Kind.AUTHENTICATION,
                    "The broker expects no login at this port: use the port of its SASL listener, or a"
                            + " spring.kafka.security.protocol without SASL."),
            rule(
                    SaslAuthenticationException.class,
                    "",
                    Kind.AUTHENTICATION,
                    "The broker refused the login: check user name and password in"
                            + " spring.kafka.properties[sasl.jaas.config], and that the user exists."),
            rule(
                    AuthenticationException.class,
                    "",
                    Kind.AUTHENTICATION,
                    "The broker refused the login: check spring.kafka.security.protocol and"
                            + " spring.kafka.properties[sasl.*]."),
            rule(
                    LoginException.class,
                    "",
                    Kind.AUTHENTICATION,
                    "The login could not be prepared: check spring.kafka.properties[sasl.jaas.config]."),
            rule(
                    AuthorizationException.class,
                    "",
                    Kind.AUTHORIZATION,
                    "The user may not do this: have it granted by an access control list (Write and Describe on the"
                            + " topics, IdempotentWrite on clusters before Kafka 2.8)."),
            rule(UnknownHostException.class, "", Kind.DNS, Hints.DNS),
            rule(UnresolvedAddressException.class, "", Kind.DNS, Hints.DNS),
            rule(ConfigException.class, "No resolvable bootstrap urls", Kind.DNS, Hints.DNS),
            rule(ConnectException.class, "timed out", Kind.TIMEOUT, Hints.TIMEOUT),
            rule(
                    NoRouteToHostException.class,
                    "",
                    Kind.REFUSED,
                    "There is no way to the broker's address: check routes and firewalls between here and there."),
            rule(
                    ConnectException.class,
                    "",
                    Kind.REFUSED,
                    "Nothing listens at that address and port: check that the broker runs, and the port in"
                            + " spring.kafka.bootstrap-servers."),
            rule(SocketTimeoutException.class, "", Kind.TIMEOUT, Hints.TIMEOUT),
            rule(DisconnectException.class, "", Kind.DISCONNECTED, Hints.DISCONNECTED),
            rule(NetworkException.class, "", Kind.DISCONNECTED, Hints.DISCONNECTED),
            rule(SocketException.class, "", Kind.DISCONNECTED, Hints.DISCONNECTED),
            rule(ClosedChannelException.class, "", Kind.DISCONNECTED, Hints.DISCONNECTED),
            rule(EOFException.class, "", Kind.DISCONNECTED, Hints.DISCONNECTED),
            rule(TimeoutException.class, "", Kind.TIMEOUT, Hints.TIMEOUT),
            rule(java.util.concurrent.TimeoutException.class, "", Kind.TIMEOUT, Hints.TIMEOUT));

    private static final ConnectionError OTHER =
            new ConnectionError(Kind.OTHER, "See the error's message, and the log of Kafka's client.");

    private ConnectionErrorClassifier() {}

    /**
     * Classifies an error.
     * @param error what a client threw, handed to a callback, or found in a future
     * @return its kind and what to do
     */
    public static ConnectionError classify(Throwable error) {
        List<Throwable> chain = causes(error);
        for (Rule rule : RULES) {
            if (chain.stream().anyMatch(rule::matches)) {
                return rule.meaning();
            }
        }
        return OTHER;
    }

    private static List<Throwable> causes(Throwable error) {
        List<Throwable> chain = new ArrayList<>();
        Set<Throwable> seen = Collections.newSetFromMap(new IdentityHashMap<>());
        for (@Nullable Throwable e = error; e != null && seen.add(e); e = e.getCause()) {
            chain.add(e);
        }
        return chain;
    }

    private static Rule rule(Class<? extends Throwable> type, String text, Kind kind, String hint) {
        return new Rule(type, text, new ConnectionError(kind, hint));
    }

    private record Rule(Class<? extends Throwable> type, String text, ConnectionError meaning) {

        boolean matches(Throwable error) {
            return this.type.isInstance(error)
                    && String.valueOf(error.getMessage()).contains(this.text);
        }
    }

    private static final class Hints {

        private static final String DNS = "The broker's host name cannot be resolved here: check its spelling in"
                + " spring.kafka.bootstrap-servers, and the name service of this host or container.";

        private static final String TIMEOUT =
                "No answer in time: the broker may be overloaded or frozen, a firewall may drop"
                        + " packets, spring.kafka.security.protocol may not fit the port, or the addresses that the broker hands"
                        + " out (advertised.listeners) may not be reachable from here.";

        private static final String DISCONNECTED = "The connection was cut off: the broker may have stopped,"
                + " spring.kafka.security.protocol may not fit the port, or a proxy or firewall is in between.";
    }
}
