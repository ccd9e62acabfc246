# Reference values for tests/test_cluster_robust.py: Rscript uneven_teams.R (in this folder) writes the JSON.
library(clubSandwich)
library(jsonlite)

d <- read.csv("uneven_teams.csv")
d$change <- d$after - d$before
d <- d[complete.cases(d), ]
row_of <- function(fit, cluster, name) {
  test <- coef_test(fit, vcov = "CR2", cluster = cluster, test = "Satterthwaite")
  bounds <- conf_int(fit, vcov = "CR2", cluster = cluster, level = 0.95, test = "Satterthwaite")
  list(beta = test[name, "beta"], SE = test[name, "SE"], df_Satt = test[name, "df_Satt"],
       p_Satt = test[name, "p_Satt"], lo = bounds[name, "CI_L"], hi = bounds[name, "CI_U"])
}
teams <- aggregate(cbind(before, after, change, arm) ~ team, d, mean)
values <- list(
  mean_person = row_of(lm(change ~ 1, d), d$team, "(Intercept)"),
  change_person = row_of(lm(change ~ arm, d), d$team, "arm"),
  ancova_person = row_of(lm(after ~ arm + before, d), d$team, "arm"),
  change_team = row_of(lm(change ~ arm, teams), teams$team, "arm"),
  ancova_team = row_of(lm(after ~ arm + before, teams), teams$team, "arm")
)
write(toJSON(values, digits = NA, auto_unbox = TRUE, pretty = TRUE), "uneven_teams.json")
