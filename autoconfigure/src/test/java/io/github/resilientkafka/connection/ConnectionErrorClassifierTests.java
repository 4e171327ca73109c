package io.github.resilientkafka.connection;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.resilientkafka.connection.ConnectionError.Kind;
import java.io.EOFException;
import java.net.ConnectException;
import java.net.NoRouteToHostException;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.net.UnknownHostException;
import java.security.cert.CertPathBuilderException;
import java.security.cert.CertificateException;
import java.security.cert.CertificateExpiredException;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.stream.Stream;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLHandshakeException;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.config.ConfigException;
import org.apache.kafka.common.errors.ClusterAuthorizationException;
import org.apache.kafka.common.errors.DisconnectException;
import org.apache.kafka.common.errors.IllegalSaslStateException;
import org.apache.kafka.common.errors.NetworkException;
import org.apache.kafka.common.errors.SaslAuthenticationException;
import org.apache.kafka.common.errors.SslAuthenticationException;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.errors.TopicAuthorizationException;
import org.apache.kafka.common.errors.UnsupportedSaslMechanismException;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

@DisplayName("H2: connection errors are classified, with a hint")
class ConnectionErrorClassifierTests {

    static Stream<Arguments> errors() {
        return Stream.of(
                error(new UnknownHostException("kafka"), Kind.DNS, "bootstrap-servers"),
                error(new ConfigException("No resolvable bootstrap urls given in x"), Kind.DNS, "bootstrap-servers"),
                error(new TimeoutException("None", new UnknownHostException("kafka")), Kind.DNS, "spelling"),
                error(new ConnectException("Connection refused"), Kind.REFUSED, "Nothing listens"),
                error(new ConnectException("Connection timed out"), Kind.TIMEOUT, "firewall"),
                error(new NoRouteToHostException("No route to host"), Kind.REFUSED, "routes"),
                error(new SocketTimeoutException("connect timed out"), Kind.TIMEOUT, "firewall"),
                error(new TimeoutException("Timed out waiting for a node assignment"), Kind.TIMEOUT, "advertised"),
                error(new java.util.concurrent.TimeoutException(), Kind.TIMEOUT, "advertised"),
                error(new DisconnectException(), Kind.DISCONNECTED, "cut off"),
                error(new NetworkException(), Kind.DISCONNECTED, "cut off"),
                error(new SocketException("Connection reset"), Kind.DISCONNECTED, "cut off"),
                error(new SaslAuthenticationException("Invalid username"), Kind.AUTHENTICATION, "password"),
                error(new UnsupportedSaslMechanismException("no PLAIN"), Kind.AUTHENTICATION, "sasl.mechanism"),
                error(new IllegalSaslStateException("unexpected"), Kind.AUTHENTICATION, "no login"),
                error(new TopicAuthorizationException("orders"), Kind.AUTHORIZATION, "access control list"),
                error(new ClusterAuthorizationException("no"), Kind.AUTHORIZATION, "access control list"),
                error(
                        new SslAuthenticationException("SSL handshake failed", new SSLHandshakeException("broken")),
                        Kind.TLS,
                        "spring.kafka.ssl"),
                error(
                        new SslAuthenticationException(
                                "SSL handshake failed",
                                new SSLHandshakeException("PKIX")
                                        .initCause(new CertificateException(
                                                "PKIX path building failed", new CertPathBuilderException("none")))),
                        Kind.TLS,
                        "trust-store"),
                error(new CertificateExpiredException("yesterday"), Kind.TLS, "expired"),
                error(new CertificateException("No name matching kafka found"), Kind.TLS, "another host name"),
                error(
                        new CertificateException("No subject alternative DNS name matching kafka found."),
                        Kind.TLS,
                        "another host name"),
                error(
                        new SSLHandshakeException("Remote host terminated the handshake").initCause(new EOFException()),
                        Kind.TLS,
                        "does not speak TLS"),
                error(new SSLException("Unsupported or unrecognized SSL message"), Kind.TLS, "does not speak TLS"),
                error(new SSLException("Received fatal alert: bad_certificate"), Kind.TLS, "client certificate"),
                error(new KafkaException("Failed to load SSL keystore /x of type JKS"), Kind.TLS, "trust store"),
                error(new IllegalStateException("what"), Kind.OTHER, "log"));
    }

    private static Arguments error(Throwable error, Kind kind, String hint) {
        return Arguments.of(error, kind, hint);
    }

    @ParameterizedTest
    @MethodSource("errors")
    void eachErrorHasItsKindAndAHintHoweverDeepItIs(Throwable error, Kind kind, String hint) {
        for (Throwable seen : new Throwable[] {
            error,
            new ExecutionException(error),
            new CompletionException(new KafkaException("Failed to create new KafkaAdminClient", error))
        }) {
            ConnectionError classified = ConnectionErrorClassifier.classify(seen);
            assertThat(classified.kind()).isEqualTo(kind);
            assertThat(classified.hint()).contains(hint);
        }
    }

    @Test
    void nothingOfAMessageIsInTheHint() {
        ConnectionError error = ConnectionErrorClassifier.classify(
                new SaslAuthenticationException("username=\"bob\" password=\"s3cret\" refused"));
        assertThat(error.hint()).doesNotContain("bob").doesNotContain("s3cret");
    }

    @Test
    void aChainThatBitesItsTailEnds() {
        Exception first = new Exception("first");
        first.initCause(new Exception("second", first));
        assertThat(ConnectionErrorClassifier.classify(first).kind()).isEqualTo(Kind.OTHER);
    }
}
