package io.github.resilientkafka.publisher;

import static org.assertj.core.api.Assertions.assertThat;

import org.apache.kafka.common.utils.AppInfoParser;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ClientVersionCheckTests {

    @ParameterizedTest
    @ValueSource(strings = {"3.9.2", "3.9.3", "4.0.2", "4.1.2", "4.2.0", "4.3.1", "5.0.0", "unknown", "3.9.2-patched"})
    void clientsWithTheFixAreAccepted(String version) {
        assertThat(ClientVersionCheck.isFixed(version)).isTrue();
    }

    @ParameterizedTest
    @ValueSource(strings = {"2.8.0", "3.8.1", "3.9.1", "4.0.1", "4.1.0", "4.1.1"})
    void clientsWithoutItAreNot(String version) {
        assertThat(ClientVersionCheck.isFixed(version)).isFalse();
    }

    @Test
    void theClientWeAreBuiltWithHasIt() {
        assertThat(ClientVersionCheck.isFixed(AppInfoParser.getVersion())).isTrue();
    }
}
