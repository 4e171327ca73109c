package io.github.resilientkafka.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class OptionsTests {

    @Test
    void aFullRunIsOfficial() {
        Options options = Options.parse(List.of("--only=", "--scale=1", "--profile=false", "--docs=x/../docs"));

        assertThat(options.isOfficial()).isTrue();
        assertThat(options.docs()).hasToString("docs");
        assertThat(Suite.select(options.only())).containsExactly(Suite.values());
    }

    @ParameterizedTest
    @ValueSource(strings = {"--only=drain", "--scale=0.5", "--profile=true"})
    void whatIsLessIsNot(String option) {
        assertThat(Options.parse(List.of(option)).isOfficial()).isFalse();
    }

    @Test
    void selectsByTheNamesOfTheReport() {
        assertThat(Suite.select(
                        Options.parse(List.of("--only=drain, publish-cpu")).only()))
                .containsExactly(Suite.PUBLISH_1_THREAD, Suite.PUBLISH_8_THREADS, Suite.DRAIN);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Suite.select(Set.of("drains")))
                .withMessageContaining("drains")
                .withMessageContaining("store-while-open");
    }

    @ParameterizedTest
    @ValueSource(strings = {"--scale=0", "--scale=1.1", "scale=1", "--scale"})
    void whatMakesNoSenseIsRefused(String option) {
        assertThatIllegalArgumentException().isThrownBy(() -> Options.parse(List.of(option)));
    }

    @Test
    void aSmallerRunHasFewerEventsAndRounds() {
        assertThat(new Scale(1).of(600_000)).isEqualTo(600_000);
        assertThat(new Scale(0.1).of(600_000)).isEqualTo(60_000);
        assertThat(new Scale(0.1).rounds()).isLessThan(new Scale(1).rounds());
        assertThat(new Scale(0.5).rounds(2)).isEqualTo(2);
        assertThat(new Scale(0.01).rounds()).isEqualTo(1);
    }
}
