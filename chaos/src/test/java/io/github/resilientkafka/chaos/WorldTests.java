package io.github.resilientkafka.chaos;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.List;
import org.junit.jupiter.api.Test;

class WorldTests {

    private static final List<String> ARGUMENTS = List.of("--chaos.rate=1", "--spring.kafka.retry=2");

    @Test
    void aSettingReplacesTheOneOfItsName() {
        assertThat(World.replaced(ARGUMENTS, List.of("--chaos.rate=7", "--chaos=3", "--chaos=4")))
                .containsExactly("--spring.kafka.retry=2", "--chaos.rate=7", "--chaos=4");
    }

    @Test
    void whatIsNoSettingIsRefused() {
        for (String setting : List.of("--chaos.rate", "chaos.rate=7", "")) {
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> World.replaced(ARGUMENTS, List.of(setting)))
                    .withMessage("Not a setting, --name=value: " + setting);
        }
    }
}
